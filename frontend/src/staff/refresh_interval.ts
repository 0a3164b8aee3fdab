// The interval of refreshes: 30 seconds (or the caller's) while the page is visible, a minute while it is hidden, and
// growing after failures.

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { backOff } from '../http';

export const VISIBLE_MS = 30_000;
export const HIDDEN_MS = 60_000;
const FIRST_RETRY_MS = 10_000;
const SLOWEST_RETRY_MS = 60_000;

export class RefreshInterval implements ReactiveController {
  private timer?: ReturnType<typeof setTimeout>;
  private failures = 0;
  private last = 0;

  /** `work` resolves to whether it has succeeded. */
  constructor(
    private readonly host: ReactiveControllerHost & Element,
    private readonly work: () => Promise<boolean>,
    private readonly visibleMs = VISIBLE_MS,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    document.addEventListener('visibilitychange', this.seen);
    this.schedule();
  }

  hostDisconnected(): void {
    document.removeEventListener('visibilitychange', this.seen);
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** The list has just been loaded, for whatever reason. */
  done(succeeded: boolean): void {
    this.failures = succeeded ? 0 : this.failures + 1;
    this.last = Date.now();
    if (this.timer !== undefined) this.schedule();
  }

  private pause(): number {
    if (this.failures) return backOff(this.failures, FIRST_RETRY_MS, SLOWEST_RETRY_MS);
    return document.hidden ? HIDDEN_MS : this.visibleMs;
  }

  /** Hosts hide the section with the tab or the panel that it is in. */
  private isShown(): boolean {
    return this.host.checkVisibility?.() ?? true;
  }

  private schedule(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.due(), this.pause());
  }

  /**
   * A section that is not shown waits longer. This is asked only now: while the page is being loaded, the answer would
   * make the browser lay out the page once more.
   */
  private due(): void {
    if (this.failures || document.hidden || this.isShown()) void this.run();
    else this.timer = setTimeout(() => void this.run(), HIDDEN_MS - this.visibleMs);
  }

  private async run(): Promise<void> {
    this.done(await this.work());
  }

  private seen = (): void => {
    if (!document.hidden && Date.now() - this.last >= this.visibleMs) void this.run();
    else if (this.timer !== undefined) this.schedule();
  };
}
