// Sentences and durations in the language of the page.

import { gettext } from './gettext';

const PROBE = '{time} left';

/** The language of our texts: the page's, or English where it has no translation, so that no sentence mixes two. */
function language(): string | undefined {
  const { lang } = document.documentElement;
  return lang && !/^en\b/i.test(lang) && gettext(PROBE) === PROBE ? 'en' : lang || undefined;
}

/** The text with its `{names}` filled in. */
export function fill(text: string, values: Record<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (all, name: string) => values[name] ?? all);
}

/** A name inside a sentence, which may run in another direction than the sentence does. */
export function isolated(name: string): string {
  return `\u2068${name}\u2069`;
}

function unit(value: number, name: 'hour' | 'minute' | 'second'): string {
  const options = { style: 'unit', unit: name, unitDisplay: 'long' } as const;
  try {
    return new Intl.NumberFormat(language(), options).format(value);
  } catch {
    return new Intl.NumberFormat('en', options).format(value); // a language that the browser does not know
  }
}

/** A time in words, such as "1 hour 5 minutes": seconds only below a minute. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return unit(whole, 'second');
  const minutes = Math.round(whole / 60);
  const hours = Math.floor(minutes / 60);
  const parts = [hours ? unit(hours, 'hour') : '', minutes % 60 ? unit(minutes % 60, 'minute') : ''];
  return parts.filter(Boolean).join(' ');
}

/** The time of day in the reader's zone, such as "14:48", or "14:48:20" with the seconds. */
export function timeOfDay(moment: string | Date, hasSeconds = false): string {
  const options: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: hasSeconds ? '2-digit' : undefined };
  return new Date(moment).toLocaleTimeString(language(), options);
}
