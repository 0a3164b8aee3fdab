// Announcements of the board for screen readers: learners who newly need attention, at most every 30 seconds.

import type { LiveRow } from './types';
import { tagsOf } from './labels';
import { formatNumber, gettext, interpolate } from '../staff/i18n';

const QUIET_MS = 30_000;
const MOST_NAMES = 5;

export class News {
  private known: Set<number> | null = null;
  private readonly waiting = new Map<number, LiveRow>();
  private saidAt = -QUIET_MS;

  /** The sentence to announce now, or ''. The first call only stores who already needs attention. */
  next(rows: Iterable<LiveRow>, now: number): string {
    const current = new Map([...rows].filter(({ attention }) => attention.length).map((row) => [row.attempt_id, row]));
    if (this.known) for (const [id, row] of current) if (!this.known.has(id)) this.waiting.set(id, row);
    for (const id of this.waiting.keys()) if (!current.has(id)) this.waiting.delete(id);
    this.known = new Set(current.keys());
    if (!this.waiting.size || performance.now() - this.saidAt < QUIET_MS) return '';
    const found = [...this.waiting.values()];
    this.waiting.clear();
    this.saidAt = performance.now();
    const names = found.slice(0, MOST_NAMES).map((row) => `${row.user.username}: ${tagsOf(row, now)[0].text}`);
    return interpolate(gettext('More learners need attention: {count}. {names}'), { count: formatNumber(found.length), names: names.join('; ') });
  }

  forget(): void {
    this.known = null;
    this.waiting.clear();
  }
}
