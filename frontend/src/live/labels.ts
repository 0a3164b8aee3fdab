// The labels of the board, and its rows in the form that the actions of staff use.

import type { IconName } from '../staff/icons';
import type { Attempt, Tone } from '../staff/statuses';
import { formatDate, formatNumber, gettext, interpolate } from '../staff/i18n';
import type { Attention, Group, LiveRow, Only, Order } from './types';

export interface Tag {
  icon: IconName;
  tone: Tone;
  text: string;
}

export function minutes(milliseconds: number): string {
  return interpolate(gettext('{count} min'), { count: formatNumber(Math.max(1, Math.floor(milliseconds / 60_000))) });
}

export function clockTime(moment: string, timeStyle: 'short' | 'medium' = 'short'): string {
  return formatDate(new Date(moment), { timeStyle });
}

export const COUNTERS: [Only, IconName, Tone][] = [
  ['running', 'run', 'neutral'],
  ['setting_up', 'idle', 'neutral'],
  ['silent', 'silent', 'bad'],
  ['paused', 'pause', 'warn'],
  ['ended', 'done', 'neutral'],
];

export function nameOfCounter(only: Only): string {
  return {
    attention: gettext('need attention'),
    running: gettext('running'),
    setting_up: gettext('setting up'),
    silent: gettext('silent'),
    paused: gettext('paused'),
    ended: gettext('ended in the last hour'),
  }[only];
}

export function headingOf(group: Group): string {
  return {
    attention: gettext('Need attention'),
    running: gettext('Running'),
    setting_up: gettext('Setting up'),
    ended: gettext('Ended in the last hour'),
  }[group];
}

export function orders(): [Order, string][] {
  return [
    ['attention', gettext('Needs attention first')],
    ['time_left', gettext('Least time left first')],
    ['name', gettext('By name')],
  ];
}

const BAD = ['cannot_start', 'unwatched', 'silent', 'asks'];
const ICONS: Record<string, IconName> = {
  cannot_start: 'clock',
  unwatched: 'server',
  silent: 'silent',
  paused: 'pause',
  asks: 'hand',
};

function lasting(code: string): string | undefined {
  return {
    cannot_start: gettext('Can’t start for {time}'),
    unwatched: gettext('Not watched for {time}'),
    silent: gettext('Silent for {time}'),
    paused: gettext('Paused for {time}'),
  }[code];
}

function pausedText({ paused_at: from, pause_until: until }: LiveRow, now: number): string | undefined {
  if (!from || !until) return undefined;
  const numbers = [now - Date.parse(from), Date.parse(until) - Date.parse(from)].map((one) => Math.max(0, Math.floor(one / 60_000)));
  return interpolate(gettext('Paused {count} of {most} min'), { count: formatNumber(numbers[0]), most: formatNumber(numbers[1]) });
}

function textOf({ code, since, text }: Attention, row: LiveRow, now: number): string {
  if (code === 'asks') return interpolate(gettext('Asks: “{question}”'), { question: text || row.question?.text || '' });
  if (code === 'ready_to_resume') return gettext('Needs permission to resume');
  const isLimited = code === 'paused' ? pausedText(row, now) : undefined;
  const words = lasting(code);
  if (!words) return code;
  return isLimited ?? interpolate(words, { time: minutes(since ? now - Date.parse(since) : 0) });
}

/** Why a row needs attention. */
export function tagsOf(row: LiveRow, now: number): Tag[] {
  const found = row.attention.map((one): Tag => ({
    icon: ICONS[one.code] ?? 'warn',
    tone: BAD.includes(one.code) ? 'bad' : 'warn',
    text: textOf(one, row, now),
  }));
  if (row.flags) {
    found.push({ icon: 'flag', tone: 'neutral', text: interpolate(gettext('Flags: {count}'), { count: formatNumber(row.flags) }) });
  }
  return found;
}

/** The edge of the row. */
export function edgeOf(row: LiveRow): 'bad' | 'warn' | undefined {
  if (!row.attention.length) return undefined;
  return row.attention.some(({ code }) => BAD.includes(code)) ? 'bad' : 'warn';
}

/** Extra time in short: "+30 min". */
export function extraOf({ extra }: LiveRow): string {
  const found: string[] = [];
  const add = (count: number) => found.push(interpolate(gettext('+{count} min'), { count: formatNumber(count) }));
  if (extra.minutes) add(extra.minutes);
  if (extra.seconds_added) add(Math.round(extra.seconds_added / 6) / 10);
  return found.join(' · ');
}

/** The row as the actions on attempts know it. */
export function attemptOf(row: LiveRow): Attempt {
  const kind = row.on_break ? 'break' : 'pause';
  return {
    id: row.attempt_id,
    user: row.user,
    exam: { ...row.exam, type: row.provider ? 'proctored' : 'timed' },
    status: row.status,
    started_at: null,
    completed_at: null,
    allowed_time_limit_mins: null,
    paused: row.paused_at ? { kind, since: row.paused_at, message: '', is_too_long: false } : null,
    is_resumable: row.attention.some(({ code }) => code === 'ready_to_resume'),
    ready_to_resume: false,
    resumed: false,
    created: '',
  };
}
