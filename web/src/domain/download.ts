/** Hands the browser a text as a file to keep. */
export function saveText(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // The browser has begun by then; kept, the text would stay in memory as long as the page.
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
