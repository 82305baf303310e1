// CPU per delivery of this very process, in windows with counting and without, in pairs whose order is
// drawn: what else happens to the machine happens to both.
const settleMs = 300;

/** Prints a line for each window: `scrape` when one that counts has begun, then what it cost. */
export async function countingWindows(counting, { pairs, windowMs }) {
  for (let pair = 0; pair < pairs; pair++) {
    const first = Math.random() < 0.5;
    for (const on of [first, !first]) {
      counting.turn(on);
      // Turning costs some itself; that is of neither.
      await new Promise((resolve) => setTimeout(resolve, settleMs));
      const before = { cpu: process.cpuUsage(), delivered: counting.delivered() };
      if (on) print({ scrape: true });
      await new Promise((resolve) => setTimeout(resolve, windowMs));
      const { user, system } = process.cpuUsage(before.cpu);
      print({ pair, on, cpuUs: user + system, delivered: counting.delivered() - before.delivered });
    }
  }
  counting.turn(true);
  print({ over: true });
}

function print(row) {
  process.stdout.write(`${JSON.stringify(row)}\n`);
}
