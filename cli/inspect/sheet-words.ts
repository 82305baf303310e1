/** The Markdown of a text panel, as far as dashboards use it: what is not known stays text. */
import { escapeMarkup } from '../report/escape-markup.ts';

/** Fenced code, headings, lists, paragraphs; in them bold, code and the words of links. */
export function wordsBody(markdown: string): string {
  const parts = markdown.split(/^```[^\n]*\n([^]*?)^```[^\n]*$/m);
  const blocks = parts.map((part, index) =>
    index % 2 === 1
      ? `<pre>${escapeMarkup(part.trimEnd())}</pre>`
      : part
          .split(/\n{2,}/)
          .filter((block) => block.trim() !== '')
          .map((block) => blockOf(block.trim()))
          .join(''),
  );
  return `<div class="body words">${blocks.join('')}</div>`;
}

function blockOf(text: string): string {
  const heading = /^#{1,6}\s+(.*)$/.exec(text);
  if (heading !== null) return `<p><b>${inline(heading[1] ?? '')}</b></p>`;
  const lines = text.split('\n');
  if (lines.every((line) => /^[-*]\s+/.test(line))) {
    const items = lines.map((line) => `<li>${inline(line.replace(/^[-*]\s+/, ''))}</li>`);
    return `<ul>${items.join('')}</ul>`;
  }
  return `<p>${lines.map(inline).join('<br>')}</p>`;
}

/** Escaped first: what is put in after is the only markup there is. */
function inline(text: string): string {
  return escapeMarkup(text)
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>')
    .replaceAll(/\*\*([^*]+)\*\*/g, '<b>$1</b>')
    .replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1');
}
