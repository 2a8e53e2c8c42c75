import { beforeEach, describe, expect, it, vi } from 'vitest'

import { ApiProblem } from '@/api/problem'
import { answer, problemBody } from '@/testing/answers'

import { download } from './download'

const me = { user: { id: '1', login: 'a', display_name: 'A', profile_image_url: null }, scopes: [], grant: 'valid' }
const clicked = vi.fn()
beforeEach(() => {
  clicked.mockClear()
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    clicked(this.getAttribute('href'))
  })
})

describe('download', () => {
  it('is the browser’s, once it is known who asks', async () => {
    answer({ 'GET /api/v1/me': { body: me } })
    expect(await download('/file')).toBe(true)
    expect(clicked).toHaveBeenCalledExactlyOnceWith('/file')
  })

  it('is not begun by who is signed in no longer', async () => {
    answer({ 'GET /api/v1/me': problemBody(401, 'not_authenticated') })
    expect(await download('/file')).toBe(false)
    expect(clicked).not.toHaveBeenCalled()
  })

  it('fails with whatever else keeps it from being known', async () => {
    answer({ 'GET /api/v1/me': problemBody(503, 'sessions_unavailable') })
    await expect(download('/file')).rejects.toBeInstanceOf(ApiProblem)
    expect(clicked).not.toHaveBeenCalled()
  })
})
