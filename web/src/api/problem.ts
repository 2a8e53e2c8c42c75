/**
 * Every way a request can fail, as one error with a stable code: the gateway's problem documents, and what never
 * reached it. Words for a code are in the locales under `problem.<code>`.
 */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'

  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly requestId: string | null = null,
    /** Seconds until a repeat can succeed. */
    readonly retryAfter: number | null = null,
    options?: ErrorOptions,
    /** What belongs to this code only, as it came. */
    readonly more: Readonly<Partial<Record<string, unknown>>> = {},
  ) {
    super(detail, options)
  }

  /** Nobody is signed in, or no longer. */
  get isSessionLost(): boolean {
    return this.status === 401
  }

  /** Worth repeating without anybody changing anything. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** Reads an error response's body; one that is no problem document still becomes a problem, by its status. */
export function problemFrom(response: Response, body: unknown): ApiProblem {
  const document: Partial<Record<string, unknown>> = typeof body === 'object' && body !== null ? { ...body } : {}
  const requestId = text(document.request_id) ?? response.headers.get('x-request-id')
  const header = Number(response.headers.get('retry-after') ?? Number.NaN)
  const retryAfter = typeof document.retry_after === 'number' ? document.retry_after : header
  return new ApiProblem(
    response.status,
    text(document.code) ?? `http_${response.status}`,
    text(document.detail) ?? text(document.title) ?? response.statusText,
    requestId,
    Number.isFinite(retryAfter) ? retryAfter : null,
    {},
    document,
  )
}

/** The request got no answer at all. */
export const unreachable = (cause: unknown): ApiProblem =>
  new ApiProblem(0, 'network', 'No answer from the server.', null, null, { cause })

/** The answer is not what the API describes: our bug, or two versions that do not fit. */
export class ContractError extends Error {
  override readonly name = 'ContractError'
}
