/** Runs what it is given one after another, in the order given; one that fails holds up none. */
export type OneByOne = <T>(go: () => Promise<T>) => Promise<T>;

export function oneByOne(): OneByOne {
  let last: Promise<unknown> = Promise.resolve();
  return (go) => {
    const mine = last.then(go, go);
    last = mine;
    return mine;
  };
}
