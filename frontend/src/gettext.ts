// Texts in the reader's language: from the host's JavaScript catalog if it has them, else from ours.

declare global {
  interface Window {
    gettext?: (text: string) => string;
  }
}

let own: Record<string, string> = {};

export function gettext(text: string): string {
  const found = typeof window.gettext === 'function' ? window.gettext(text) : text;
  return found === text ? (own[text] ?? text) : found;
}

/** Texts that our server has for the language of the page. */
export function useTexts(texts: Record<string, string>): void {
  own = texts;
}
