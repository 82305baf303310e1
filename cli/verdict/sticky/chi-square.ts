/** Pearson's chi-square test of an even spread, and the gamma function it stands on. */

/**
 * The chance that an even spread over `counts.length` nodes looks at least this uneven:
 * p = Q((N − 1) / 2, χ² / 2), χ² = Σ (observed − mean)² / mean (Abramowitz & Stegun 26.4.19).
 * 1 when there is nothing to compare.
 */
export function evenSpreadP(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (counts.length < 2 || total <= 0) return 1;
  const mean = total / counts.length;
  const chiSquare = counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
  return upperGammaRatio(counts.length - 1, chiSquare / 2);
}

/**
 * Q(a, x), the upper incomplete gamma function over the whole, for a = `halves` / 2: by the series
 * of P = 1 − Q below a + 1 (A&S 6.5.29), by the continued fraction above (A&S 6.5.31, evaluated
 * with Lentz's method).
 */
function upperGammaRatio(halves: number, x: number): number {
  const a = halves / 2;
  if (x <= 0) return 1;
  const scale = Math.exp(a * Math.log(x) - x - logGammaOfHalves(halves));
  return x < a + 1
    ? Math.max(0, 1 - scale * lowerSeries(a, x))
    : Math.min(1, scale * upperFraction(a, x));
}

const mostTerms = 1000;
const enough = 1e-15;

/** Σ xⁿ / (a (a + 1) … (a + n)) */
function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < mostTerms && term > sum * enough; n += 1) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

/** 1/(x + 1 − a − 1·(1 − a)/(x + 3 − a − 2·(2 − a)/(x + 5 − a − …))) */
function upperFraction(a: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < mostTerms; n += 1) {
    const numerator = -n * (n - a);
    b += 2;
    d = 1 / nonZero(numerator * d + b, tiny);
    c = nonZero(b + numerator / c, tiny);
    const factor = d * c;
    fraction *= factor;
    if (Math.abs(factor - 1) < enough) break;
  }
  return fraction;
}

function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/** ln Γ(`halves` / 2), from Γ(1/2) = √π and Γ(1) = 1 by Γ(z + 1) = z Γ(z). */
function logGammaOfHalves(halves: number): number {
  let log = halves % 2 === 0 ? 0 : Math.log(Math.PI) / 2;
  for (let z = halves % 2 === 0 ? 1 : 0.5; z < halves / 2; z += 1) log += Math.log(z);
  return log;
}
