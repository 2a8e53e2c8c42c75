import { vi } from 'vitest'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly body: unknown
}

type Answer = { status?: number; body: unknown } | ((asked: Asked) => { status?: number; body: unknown })

/** Answers requests by method and path (with its query), and keeps what was asked. */
export function answer(routes: Record<string, Answer>): Asked[] {
  const asked: Asked[] = []
  vi.stubGlobal('fetch', async (input: Request | string, init?: RequestInit) => {
    const request = typeof input === 'string' ? new Request(new URL(input, location.origin), init) : input
    const url = new URL(request.url)
    const text = request.method === 'GET' ? '' : await request.text()
    const one: Asked = {
      method: request.method,
      path: url.pathname + url.search,
      body: text === '' ? null : (JSON.parse(text) as unknown),
    }
    asked.push(one)
    const route = routes[`${one.method} ${one.path}`]
    if (!route) throw new TypeError(`nothing answers ${one.method} ${one.path}`)
    const { status = 200, body } = typeof route === 'function' ? route(one) : route
    return new Response(body === null ? null : JSON.stringify(body), {
      status,
      headers: { 'content-type': status >= 400 ? 'application/problem+json' : 'application/json' },
    })
  })
  return asked
}

export const problemBody = (status: number, code: string) => ({
  status,
  body: { type: 'about:blank', title: code, status, code, detail: `about ${code}`, request_id: 'req-7' },
})
