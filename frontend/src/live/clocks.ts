// Updates the digits of all clocks once a second, without rendering the board again.

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { formatAge, formatDuration, gettext, interpolate } from '../staff/i18n';
import type { Feed } from './feed';

export const LATE_MS = 120_000;
export const LOST_MS = 300_000;

export class Clocks implements ReactiveController {
  private timer?: ReturnType<typeof setInterval>;
  private standing = 0;

  constructor(
    private readonly host: ReactiveControllerHost & HTMLElement,
    private readonly feed: Feed,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.timer = setInterval(() => this.tick(), 1000);
  }

  hostDisconnected(): void {
    clearInterval(this.timer);
  }

  hostUpdated(): void {
    this.write();
  }

  /** 0: up to date; 1: not for two minutes; 2: not for five. */
  get lateness(): 0 | 1 | 2 {
    const age = this.feed.age();
    return age > LOST_MS ? 2 : age > LATE_MS ? 1 : 0;
  }

  private tick(): void {
    const { lateness } = this;
    if (lateness !== this.standing) this.host.requestUpdate();
    this.standing = lateness;
    this.write();
  }

  private write(): void {
    this.each('left', (id) => this.leftText(Number(id)));
    this.each('seen', (moment) => formatAge(this.feed.now() - Date.parse(moment)));
    // the content security policy forbids style attributes
    for (const bar of this.found('used')) bar.style.inlineSize = this.usedPart(Number(bar.dataset.used));
  }

  private found(name: 'left' | 'seen' | 'used'): NodeListOf<HTMLElement> | [] {
    return this.host.shadowRoot?.querySelectorAll<HTMLElement>(`[data-${name}]`) ?? [];
  }

  private each(name: 'left' | 'seen', textOf: (value: string) => string): void {
    for (const element of this.found(name)) {
      const text = textOf(element.dataset[name] ?? '');
      if (element.textContent !== text) element.textContent = text;
    }
  }

  private usedPart(id: number): string {
    const row = this.feed.rows.get(id);
    const left = row ? this.feed.left(row) : null;
    if (left === null || !row?.total_seconds) return '0';
    return `${Math.min(100, Math.max(0, Math.round(100 * (1 - left / row.total_seconds))))}%`;
  }

  private leftText(id: number): string {
    const row = this.feed.rows.get(id);
    const left = row ? this.feed.left(row) : null;
    if (left === null) return '–';
    const text = formatDuration(left);
    return this.lateness ? interpolate(gettext('about {time}'), { time: text }) : text;
  }
}
