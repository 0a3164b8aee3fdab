// Texts in the reader's language: from the page's own catalog, else from the host's.

import { gettext as ofHost } from '../page';
import { type Texts, formFor, ngettext as ofHostInNumbers } from '../gettext';

const CONFIG = 'proctoring-staff-config';

let catalog: Texts | null = null;

/** Pages that hold single sections bring the texts in a script element with JSON. */
function ownCatalog(): Texts {
  if (catalog) return catalog;
  const text = document.getElementById(CONFIG)?.textContent;
  if (!text) return {}; // not yet
  return (catalog = (JSON.parse(text) as { texts?: Texts }).texts ?? {});
}

/** The texts that the page has brought along. */
export function setCatalog(texts: Texts): void {
  catalog = texts;
}

export function gettext(text: string): string {
  const own = ownCatalog()[text];
  return typeof own === 'string' ? own : ofHost(text);
}

/** The text for this number, with its `{count}` filled in. */
export function ngettext(one: string, many: string, count: number): string {
  const forms = ownCatalog()[one];
  const text = Array.isArray(forms) ? formFor(forms, count) : ofHostInNumbers(one, many, count);
  return interpolate(text, { count: formatNumber(count) });
}

/** The text with its `{names}` filled in. */
export function interpolate(text: string, values: Record<string, string | number>): string {
  return text.replace(/{(\w+)}/g, (place, name: string) => String(values[name] ?? place));
}

/** The page's language, for dates and numbers; undefined, the browser's, if the page names none that there is. */
function locale(): string | undefined {
  try {
    return Intl.getCanonicalLocales(document.documentElement.lang)[0];
  } catch {
    return undefined;
  }
}

const formats = new Map<string, unknown>();

/** What formats numbers or times in the page's language. It is costly to make, and each row of a list needs several. */
function format<T>(name: string, make: (language: string | undefined) => T): T {
  const key = `${document.documentElement.lang} ${name}`;
  if (!formats.has(key)) formats.set(key, make(locale()));
  return formats.get(key) as T;
}

function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return format(JSON.stringify(options), (language) => new Intl.DateTimeFormat(language, options));
}

/** A date or time in the user's time zone; one that cannot be read is named as the browser names it. */
export function formatDate(date: Date, options: Intl.DateTimeFormatOptions): string {
  return Number.isNaN(date.getTime()) ? String(date) : dateFormat(options).format(date);
}

export function formatNumber(value: number): string {
  return format('number', (language) => new Intl.NumberFormat(language)).format(value);
}

/** A number of rows; one that the server has not counted exactly is said to be so. */
export function formatCount({ count, count_is_about: isAbout }: { count: number; count_is_about?: boolean }): string {
  return isAbout ? interpolate(gettext('about {count}'), { count: formatNumber(count) }) : formatNumber(count);
}

/** A short date and time in the user's time zone; with the year unless it is the current one. */
export function formatMoment(moment: string): string {
  const date = new Date(moment);
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : 'numeric';
  const options: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year, hour: '2-digit', minute: '2-digit' };
  return formatDate(date, options);
}

/** A moment in full: "2 Dec 2026, 10:02:11 CET". */
export function formatMomentInFull(moment: string): string {
  const options: Intl.DateTimeFormatOptions = { dateStyle: 'medium', timeStyle: 'long' };
  return formatDate(new Date(moment), options);
}

/** "1:05:02", or "4:09" under an hour. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number: number) => String(number).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** The user's time zone, abbreviated in the user's language. */
export function timeZone(): string {
  const parts = dateFormat({ timeZoneName: 'short' }).formatToParts(new Date());
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
}

/** How long ago: "5 sec. ago". */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const words = format('age', (language) => new Intl.RelativeTimeFormat(language, { style: 'short', numeric: 'auto' }));
  if (seconds < 60) return words.format(-seconds, 'second');
  return seconds < 3600 ? words.format(-Math.floor(seconds / 60), 'minute') : words.format(-Math.floor(seconds / 3600), 'hour');
}
