/** The answer of `ask`, asked again when it is older than `forMs`; callers in between share one. */
export function cached<T>(ask: () => Promise<T>, forMs: number): () => Promise<T> {
  let asked: Promise<T> | undefined;
  let at = 0;
  return () => {
    const now = performance.now();
    if (asked === undefined || now - at > forMs) {
      const question = ask();
      asked = question;
      at = now;
      question.catch(() => {
        if (asked === question) asked = undefined;
      });
    }
    return asked;
  };
}
