/** Webhook addresses are secrets: of an address only what names the host may be shown. */

/** Replaces path, query and credentials of every http(s) address in a text by `…`. */
export function redactUrls(text: string): string {
  return text.replace(
    /(https?:\/\/)(?:[^\s"'/?#]*@)?([^\s"'/\\;?#]*)([/?#](?:[^\s"'\\;]|;(?!\s|$))*)?/g,
    (_, scheme: string, host: string, rest: string | undefined) => {
      const colon = rest?.endsWith(':') === true ? ':' : '';
      return `${scheme}${host}${rest === undefined ? '' : `/…${colon}`}`;
    },
  );
}
