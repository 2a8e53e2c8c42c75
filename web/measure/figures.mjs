/** Figures with their targets: printed as a table, written as JSON, and the reason to fail when one falls short. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const REPORT = fileURLToPath(new URL('../../target/bench/web.json', import.meta.url))

export class Figures {
  all = []

  /** `target` is the most that is good, or with `least` the least. */
  add(name, value, unit, target, { least = false } = {}) {
    const rounded = Math.round(value * 100) / 100
    const good = target === null || (least ? value >= target : value <= target)
    this.all.push({ name, value: rounded, unit, target, bound: least ? 'least' : 'most', good })
    console.error(`${good ? '  ' : '! '}${name}: ${rounded} ${unit}`)
  }

  async finish() {
    const width = Math.max(...this.all.map(({ name }) => name.length))
    for (const { name, value, unit, target, bound, good } of this.all) {
      const wanted = target === null ? '' : `${bound === 'least' ? '≥' : '≤'} ${target}`
      console.log(`${good ? 'ok  ' : 'SHORT'} ${name.padEnd(width)}  ${String(value).padStart(9)} ${unit.padEnd(6)} ${wanted}`)
    }
    await mkdir(dirname(REPORT), { recursive: true })
    await writeFile(REPORT, `${JSON.stringify({ measured_at: new Date().toISOString(), figures: this.all }, null, 2)}\n`)
    return this.all.every(({ good }) => good)
  }
}
