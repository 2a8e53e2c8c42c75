/** Hands the browser what the page holds as a file to keep. */
export function save(name: string, what: Blob): void {
  const address = URL.createObjectURL(what)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // The browser has begun by then; kept, it would stay in memory as long as the page.
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}

export const saveText = (name: string, type: string, text: string): void =>
  save(name, new Blob([text], { type: `${type};charset=utf-8` }))
