/**
 * Server-sent events over `fetch`.
 *
 * Not `EventSource`: that one gives up for good on a 502 and cannot say why, retries without a bound, and a stream it
 * opens anew knows no `Last-Event-ID`. A page that stays open all night needs all three.
 */

export interface SseMessage {
  readonly id: string | null
  readonly event: string
  readonly data: string
}

/** Cuts a stream of text into messages, whatever pieces it arrives in (WHATWG HTML §9.2.6). */
export class SseParser {
  private rest = ''
  private data: string[] = []
  private event = ''
  private id: string | null = null
  /** Milliseconds the server asks to be left alone before a reconnect. */
  retry: number | null = null

  push(piece: string): SseMessage[] {
    const messages: SseMessage[] = []
    // A CR at the end may be the first half of a CRLF.
    const text = this.rest + piece
    const held = text.endsWith('\r') ? 1 : 0
    const lines = text.slice(0, text.length - held).split(/\r\n|\n|\r/)
    this.rest = (lines.pop() ?? '') + (held ? '\r' : '')
    for (const line of lines) {
      const message = this.line(line)
      if (message) messages.push(message)
    }
    return messages
  }

  private line(line: string): SseMessage | null {
    if (line === '') return this.dispatch()
    const colon = line.indexOf(':')
    if (colon === 0) return null
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') this.data.push(value)
    else if (field === 'event') this.event = value
    else if (field === 'id' && !value.includes('\0')) this.id = value
    else if (field === 'retry' && /^\d+$/.test(value)) this.retry = Number(value)
    return null
  }

  private dispatch(): SseMessage | null {
    const { data, event } = this
    this.data = []
    this.event = ''
    if (data.length === 0) return null
    return { id: this.id, event: event === '' ? 'message' : event, data: data.join('\n') }
  }
}
