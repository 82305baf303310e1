/** `ms` ± 50 %, so that those who were thrown off together do not come back together. */
export function jittered(ms: number): number {
  return ms * (0.5 + Math.random());
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
