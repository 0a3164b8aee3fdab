// Polls for the learner's exam, once for all instances of the component, and remembers which messages were shown.

import { type Announcement } from '../src/announcements';
import { type Breaks } from '../src/breaks';
import { backOff, newKey } from '../src/http';
import type { Pause } from '../src/pause_cover';
import type { QuestionState } from '../src/questions';
import { duration, fill, timeOfDay } from '../src/format';
import type { Client, Host } from './exam_messages';

const ATTEMPT = '/api/edx_proctoring/v1/proctored_exam/attempt?messages=1'; // staff see that this page shows messages
const TEXTS = '/api/edx_proctoring/pages/texts/';
const POLL_MS = 60_000;
const PAUSED_MS = 15_000;
const RETRY_MS = 5_000;

export interface Polled {
  in_timed_exam: boolean;
  attempt_id: number;
  time_remaining_seconds?: number;
  paused?: Pause;
  breaks?: Breaks;
  adjustments?: { id: number; seconds: number }[];
  announcements?: Announcement[];
  questions?: QuestionState;
  poll_seconds?: number;
  live_url?: string;
}

/** The reason to hide the questions: a pause by staff, or the learner's break with its remaining seconds. */
export interface Cover {
  isBreak: boolean;
  message: string;
  since: string;
  seconds: number;
  examSeconds: number; // of the exam's time that are left
}

export function titleOf({ at }: Announcement, gettext: (text: string) => string): string {
  return at ? fill(gettext('From the invigilator, {time}'), { time: timeOfDay(at) }) : gettext('From the invigilator');
}

/** The moment, if the browser understands it. */
function understood(moment = ''): string {
  return Number.isNaN(new Date(moment).valueOf()) ? '' : moment;
}

export class Watch {
  polled: Polled | null = null;
  note = '';
  said = ''; // for screen readers
  failure = '';
  asksBreak = false; // the question before a break is shown
  isWriting = false; // the form for a question is shown
  isFocusBack = false; // the form has just been closed
  readonly read = new Set<number | string>();

  private readonly heard = new Set<number | string>();
  private readonly shown = new Set<(count: number) => void>();
  private timer?: ReturnType<typeof setTimeout>;
  private texts: Record<string, string> | null = null;
  private failures = 0;
  private isChanging = false;
  private count = 0;

  constructor(private readonly host: Pick<Host, 'client' | 'lmsUrl' | 'language'>) {}

  readonly gettext = (text: string): string => this.texts?.[text] ?? text;

  get cover(): Cover | null {
    const { paused, breaks } = this.polled ?? {};
    if (!paused) return null;
    const isBreak = paused.kind === 'break';
    return {
      isBreak,
      message: paused.message ?? '',
      since: understood(paused.since),
      seconds: isBreak ? (breaks?.ends_in ?? 0) : 0,
      examSeconds: this.polled?.time_remaining_seconds ?? 0,
    };
  }

  /** Poll from the first instance until the last one is removed. */
  follow(redraw: (count: number) => void): () => void {
    this.shown.add(redraw);
    if (this.shown.size === 1) {
      document.addEventListener('visibilitychange', this.seen);
      void this.poll();
    }
    return () => {
      this.shown.delete(redraw);
      if (this.shown.size) return;
      document.removeEventListener('visibilitychange', this.seen);
      clearTimeout(this.timer);
    };
  }

  markRead(id: number | string): void {
    this.read.add(id);
    this.tellRead(id);
    this.redraw();
  }

  askBreak(yes: boolean): void {
    this.asksBreak = yes;
    this.redraw();
  }

  async changeBreak(step: 'begin' | 'end'): Promise<void> {
    const { breaks } = this.polled ?? {};
    const url = step === 'begin' ? breaks?.begin_url : breaks?.end_url;
    if (!url) return;
    this.asksBreak = false;
    await this.change(() => this.client.post(this.address(url), {}, { headers: { 'Idempotency-Key': newKey() } }));
  }

  /** Show or close the form for a question. */
  write(yes: boolean): void {
    this.isWriting = yes;
    this.isFocusBack = !yes;
    this.redraw();
  }

  async ask(text: string): Promise<void> {
    if (!text.trim()) return;
    await this.change(async () => {
      await this.client.post(this.address(`${this.polled?.live_url}questions/`), { text: text.trim() });
      this.isWriting = false;
      this.said = this.gettext('Your question was sent.');
    });
  }

  async takeBack(id: number): Promise<void> {
    await this.change(() => this.client.delete(this.address(`${this.polled?.live_url}questions/${id}/`)));
  }

  /** Change something, one change at a time; a failure is shown. Then ask the server for the result. */
  private async change(work: () => Promise<unknown>): Promise<void> {
    if (this.isChanging) return;
    this.isChanging = true;
    this.failure = '';
    try {
      await work();
    } catch (error) {
      const { status } = (error as { response?: { status?: number } }).response ?? {};
      this.failure = status === 429 ? this.gettext('The server is busy. Try again in a moment.') : this.gettext('The server cannot be reached right now. Try again in a moment.');
    }
    this.isChanging = false;
    await this.poll();
  }

  private get client(): Client {
    return this.host.client();
  }

  private address(path: string): string {
    return `${this.host.lmsUrl()}${path}`;
  }

  private redraw(): void {
    this.count += 1;
    for (const one of this.shown) one(this.count);
  }

  private readonly seen = (): void => {
    if (!document.hidden) void this.poll();
  };

  private async poll(): Promise<void> {
    clearTimeout(this.timer);
    try {
      const { data } = await this.client.get(this.address(ATTEMPT));
      this.failures = 0;
      await this.take(data as Polled);
    } catch {
      this.failures += 1; // keep what is shown; the timer reports that there is no connection
    }
    clearTimeout(this.timer);
    if (this.shown.size) this.timer = setTimeout(() => void this.poll(), this.interval());
  }

  private interval(): number {
    if (this.failures) return backOff(this.failures, RETRY_MS, POLL_MS);
    const wanted = (this.polled?.poll_seconds ?? Infinity) * 1000;
    return Math.min(wanted, this.polled?.paused ? PAUSED_MS : POLL_MS);
  }

  private async take(polled: Polled): Promise<void> {
    if (polled.in_timed_exam) await this.loadTexts();
    const wasCovered = this.cover !== null;
    this.polled = polled;
    this.isFocusBack = false; // a button that appears by itself takes no focus
    this.tellTime(polled);
    this.tellMessages(polled);
    if (wasCovered && !this.cover) this.said = this.gettext('Your exam goes on.');
    this.redraw();
  }

  private tellTime({ adjustments = [] }: Polled): void {
    const fresh = adjustments.filter(({ id }) => !this.heard.has(id));
    fresh.forEach(({ id }) => this.heard.add(id));
    const total = fresh.reduce((sum, { seconds }) => sum + seconds, 0);
    if (!total) return;
    const words = total > 0 ? this.gettext('Time added to your exam: {time}.') : this.gettext('Time taken off your exam: {time}.');
    this.note = this.said = fill(words, { time: duration(Math.abs(total)) });
  }

  private tellMessages({ announcements = [] }: Polled): void {
    for (const { id } of announcements) if (this.read.has(id)) this.tellRead(id); // the request was lost
    const next = announcements.find(({ id }) => !this.read.has(id));
    if (!next || this.heard.has(`announcement ${next.id}`)) return;
    this.heard.add(`announcement ${next.id}`);
    this.said = `${titleOf(next, this.gettext)}: ${next.text}`;
  }

  private tellRead(id: number | string): void {
    const url = this.polled?.live_url;
    if (url) void this.client.post(this.address(`${url}announcements/${id}/seen/`), {}).catch(() => undefined);
  }

  /** Load the package's own texts; without them the page stays in English. */
  private async loadTexts(): Promise<void> {
    if (this.texts) return;
    const language = this.host.language?.() ?? document.documentElement.lang;
    const answer = /^en\b/i.test(language) || !language ? null : await this.client.get(this.address(`${TEXTS}${language}`)).catch(() => null);
    this.texts = (answer?.data ?? {}) as Record<string, string>;
  }
}
