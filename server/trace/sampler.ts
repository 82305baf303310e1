/**
 * Which messages and requests leave lines in the log. The choice is a hash of the id alone: every
 * node of every system makes the same one, so a message that is picked is seen at every step.
 */

export type Sampler = {
  /** Whether what bears this id is picked. */
  picks(id: string): boolean;
  /** The same for a message as the log keeps it (`messageJson`): its id is read in place. */
  picksMessage(room: string, json: string): boolean;
};

/** @param share of the ids that are picked, 0 to 1. */
export function sampler(share: number): Sampler {
  if (share <= 0) return { picks: () => false, picksMessage: () => false };
  if (share >= 1) return { picks: () => true, picksMessage: () => true };
  const below = share * 2 ** 32;
  const picks = (id: string): boolean => {
    let hash = fnvStart;
    for (let i = 0; i < id.length; i += 1) hash = fnvStep(hash, id.charCodeAt(i));
    return spread(hash) < below;
  };
  return {
    picks,
    picksMessage: (room, json) => {
      let i = room.length + beforeSeqChars;
      while (i < json.length && json.charCodeAt(i) !== comma) i += 1;
      let hash = fnvStart;
      for (i += beforeId.length; i < json.length; i += 1) {
        const code = json.charCodeAt(i);
        if (code === quote) return spread(hash) < below;
        // Its JSON is not its text: rare, and worth a parse.
        if (code === backslash) return picks((JSON.parse(json) as { readonly id: string }).id);
        hash = fnvStep(hash, code);
      }
      return false;
    },
  };
}

const beforeSeqChars = '{"room":"","seq":'.length;
const beforeId = ',"id":"';
const comma = 0x2c;
const quote = 0x22;
const backslash = 0x5c;

const fnvStart = 0x811c9dc5;

/** FNV-1a, 32 bits, over UTF-16 units (Fowler, Noll, Vo). */
function fnvStep(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x01000193);
}

/** Short ids differ in few of FNV's bits: the finaliser of MurmurHash3 spreads them over all 32. */
function spread(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
