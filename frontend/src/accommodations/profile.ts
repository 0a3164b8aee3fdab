// The time, breaks and validity of a profile in words.

import { formatDate, formatNumber, gettext, interpolate } from '../staff/i18n';

export interface Profile {
  id: number;
  username: string;
  scope: 'course' | 'organisation' | 'site';
  scope_id: string;
  factor: string;
  minutes: number;
  break_count: number;
  break_minutes: number;
  break_total_minutes: number;
  camera_exempt: boolean;
  for_reviewers: string;
  beyond_due_date: boolean;
  valid_from: string | null;
  valid_until: string | null;
  approver: string;
  note: string;
  modified: string;
}

export function scopes(): Record<Profile['scope'], string> {
  return {
    course: gettext('All exams of the course, also later ones'),
    organisation: gettext('All exams of the organisation'),
    site: gettext('All exams of the site'),
  };
}

/** "1.5" of "1.50". */
export function shortFactor(factor: string): string {
  return String(Number(factor));
}

export function extraTime({ factor, minutes }: Pick<Profile, 'factor' | 'minutes'>): string {
  const parts = [];
  if (Number(factor) !== 1) parts.push(`× ${shortFactor(factor)}`);
  if (minutes) parts.push(interpolate(gettext('+{count} min'), { count: formatNumber(minutes) }));
  return parts.join(' ') || gettext('No extra time');
}

export function breaks({ break_count: count, break_minutes: minutes, break_total_minutes: total }: Profile): string {
  if (!count) return '';
  const text = interpolate(gettext('{count} × {minutes} min'), { count: formatNumber(count), minutes: formatNumber(minutes) });
  if (!total || total >= count * minutes) return text;
  return `${text}, ${interpolate(gettext('{minutes} min in all'), { minutes: formatNumber(total) })}`;
}

/** The day of the moment in the reader's zone: 2026-12-01. */
export function dayOf(moment: string | null): string {
  if (!moment) return '';
  const date = new Date(moment);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The last day of a validity that ends at this moment. */
export function lastDayOf(moment: string | null): string {
  return moment ? dayOf(new Date(Date.parse(moment) - 1).toISOString()) : '';
}

/** The start of the day, or of the next day with 1. */
export function momentOf(day: string, shift = 0): string | null {
  if (!day) return null;
  const date = new Date(`${day}T00:00:00`);
  date.setDate(date.getDate() + shift);
  return date.toISOString();
}

function inWords(day: string): string {
  return formatDate(new Date(`${day}T00:00:00`), { dateStyle: 'medium' });
}

export function validity({ valid_from: since, valid_until: until }: Pick<Profile, 'valid_from' | 'valid_until'>): string {
  const [first, last] = [dayOf(since), lastDayOf(until)];
  if (first && last) return `${inWords(first)} – ${inWords(last)}`;
  if (first) return interpolate(gettext('From {day}'), { day: inWords(first) });
  return last ? interpolate(gettext('Until {day}'), { day: inWords(last) }) : '';
}
