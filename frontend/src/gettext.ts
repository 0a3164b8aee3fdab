// Texts in the reader's language: from the host's JavaScript catalog if it has them, else from ours.

declare global {
  interface Window {
    gettext?: (text: string) => string;
    ngettext?: (one: string, many: string, count: number) => string;
  }
}

/** Translations by their English text; with a list of its forms for a text that depends on a number. */
export type Texts = Record<string, string | string[]>;

const CATEGORIES: Intl.LDMLPluralRule[] = ['zero', 'one', 'two', 'few', 'many', 'other'];

let own: Texts = {};

export function gettext(text: string): string {
  const found = typeof window.gettext === 'function' ? window.gettext(text) : text;
  const ours = own[text];
  return found === text && typeof ours === 'string' ? ours : found;
}

/** The text for this number, with its places still to be filled in. */
export function ngettext(one: string, many: string, count: number): string {
  const english = count === 1 ? one : many;
  const found = typeof window.ngettext === 'function' ? window.ngettext(one, many, count) : english;
  const ours = own[one];
  return [one, many].includes(found) && Array.isArray(ours) ? formFor(ours, count) : found;
}

/** Catalogs have the plural forms of a language in the order of its categories, some without the last ones. */
export function formFor(forms: string[], count: number): string {
  const rules = new Intl.PluralRules(document.documentElement.lang || undefined);
  const known = rules.resolvedOptions().pluralCategories;
  const place = CATEGORIES.filter((one) => known.includes(one)).indexOf(rules.select(count));
  return forms[Math.min(place, forms.length - 1)];
}

/** Texts that our server has for the language of the page. */
export function useTexts(texts: Texts): void {
  own = texts;
}
