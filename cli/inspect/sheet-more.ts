/** What a panel of the contact sheet has no room for. */

/** How many of `all` are not among the `shown`, as an element of that name; nothing where all are. */
export function moreOf(
  all: readonly unknown[],
  shown: number,
  element: 'li' | 'div' | 'tr',
): string {
  if (all.length <= shown) return '';
  const words = `and ${all.length - shown} more that are not drawn`;
  return element === 'tr'
    ? `<tr><td class="l" colspan="9">${words}</td></tr>`
    : `<${element} class="more">${words}</${element}>`;
}
