/** An ack that is overdue by then is not waited for (the engine's own rule). */
export const ackWithinMs = 10_000;
