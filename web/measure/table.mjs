/** How smoothly a table of a large room scrolls. */
import { baseUrl, capture } from './browser.mjs'

const SECONDS = 5

export async function table(page, figures) {
  await capture(page, ['grandevague'])
  await page.goto(`${baseUrl}/channels/grandevague`)
  const grid = page.locator('[role=grid]')
  await grid.waitFor()
  // Page after page of accounts comes until all are there.
  let rows = 0
  for (let still = 0; still < 6; ) {
    await page.waitForTimeout(500)
    const now = Number(await grid.getAttribute('aria-rowcount'))
    still = now > 1 && now === rows ? still + 1 : 0
    rows = now
  }
  figures.add('rows in the table', rows - 1, 'rows', 29_000, { least: true })
  await grid.scrollIntoViewIfNeeded()
  const seen = await grid.evaluate(async (box, seconds) => {
    const begin = performance.now()
    let frames = 0
    let empty = 0
    let longest = 0
    let before = begin
    await new Promise((resolve) => {
      const step = (now) => {
        frames += 1
        longest = Math.max(longest, now - before)
        before = now
        const frame = box.getBoundingClientRect()
        const middle = document.elementFromPoint(frame.left + frame.width / 2, frame.top + frame.height / 2)
        if (!middle?.closest('[role=row]')) empty += 1
        // About thirty rows a frame, down and up again: what a hard flick of a wheel does.
        const direction = Math.floor((now - begin) / 1_250) % 2 === 0 ? 1 : -1
        box.scrollTop += direction * 1_200
        if (now - begin < seconds * 1_000) requestAnimationFrame(step)
        else resolve()
      }
      requestAnimationFrame(step)
    })
    return { fps: (frames * 1_000) / (performance.now() - begin), longest, empty: empty / frames }
  }, SECONDS)
  figures.add('table: frames while scrolling', seen.fps, 'fps', 50, { least: true })
  figures.add('table: longest frame', seen.longest, 'ms', null)
  figures.add('table: frames without a row in the middle', seen.empty * 100, '%', 1)
}
