// Texts in the user's language: from the page's own catalog, otherwise from the host's.

import { gettext as ofHost } from '../page';

let catalog: Record<string, string> = {};

/** The texts that were sent with the page. */
export function setCatalog(texts: Record<string, string>): void {
  catalog = texts;
}

export function gettext(text: string): string {
  return catalog[text] ?? ofHost(text);
}

/** The text with its `{names}` filled in. */
export function interpolate(text: string, values: Record<string, string | number>): string {
  return text.replace(/{(\w+)}/g, (place, name: string) => String(values[name] ?? place));
}

/** The page's language, for dates and numbers; undefined, the browser's, if the page names none that there is. */
export function locale(): string | undefined {
  try {
    return Intl.getCanonicalLocales(document.documentElement.lang)[0];
  } catch {
    return undefined;
  }
}

export function formatNumber(value: number): string {
  return value.toLocaleString(locale());
}

/** A short date and time in the user's time zone; with the year unless it is the current one. */
export function formatMoment(moment: string): string {
  const date = new Date(moment);
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : 'numeric';
  const options: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year, hour: '2-digit', minute: '2-digit' };
  return date.toLocaleString(locale(), options);
}

/** The user's time zone, abbreviated in the user's language. */
export function timeZone(): string {
  const parts = new Intl.DateTimeFormat(locale(), { timeZoneName: 'short' }).formatToParts(new Date());
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
}

/** How long ago: "5 sec. ago". */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const words = new Intl.RelativeTimeFormat(locale(), { style: 'short', numeric: 'auto' });
  if (seconds < 60) return words.format(-seconds, 'second');
  return seconds < 3600 ? words.format(-Math.floor(seconds / 60), 'minute') : words.format(-Math.floor(seconds / 3600), 'hour');
}
