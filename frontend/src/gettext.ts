// Texts in the reader's language: from the host's JavaScript catalog if it has them, else from ours.

declare global {
  interface Window {
    gettext?: (text: string) => string;
    ngettext?: (one: string, many: string, count: number) => string;
  }
}

/** Translations by their English text; with a list of its forms for a text that depends on a number. */
export type Texts = Record<string, string | string[]>;

let own: Texts = {};

export function gettext(text: string): string {
  const found = typeof window.gettext === 'function' ? window.gettext(text) : text;
  const ours = own[text];
  return found === text && typeof ours === 'string' ? ours : found;
}

/** The host's text for this number. */
export function ngettext(one: string, many: string, count: number): string {
  if (typeof window.ngettext === 'function') return window.ngettext(one, many, count);
  return count === 1 ? one : many;
}

/** Texts that our server has for the language of the page. */
export function useTexts(texts: Texts): void {
  own = texts;
}
