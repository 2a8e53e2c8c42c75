const STEPS = [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10]

/** The least short number that is not below the value; so is its half. */
export function niceTop(value: number): number {
  // Nobody counts half accounts.
  if (!(value > 10)) return Math.max(2, 2 * Math.ceil(value / 2))
  const power = 10 ** Math.floor(Math.log10(value))
  return power * (STEPS.find((step) => step * power >= value) ?? 10)
}
