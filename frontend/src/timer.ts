// The timer of a running exam: it counts down by the monotonic clock and polls the server, whose time is decisive.

import { Bar, type Data, type Level, type Stop } from './timer_bar';
import { Application } from './proctoring_application';
import { beforeEnd, mayLeave, warnOnLeaving, whyEnded } from './exam_end';
import { BreakButton, type Breaks, changeBreak } from './breaks';
import { CLOSED, endExam, namespace } from './proctored_exam';
import { signedOut } from './errors';
import { gettext } from './gettext';
import { RequestFailed, backOff, isPassing, pause, pauseOffline, send } from './http';
import { type Invigilated, Invigilation, SHOWS_MESSAGES } from './invigilation';
import { pending, navigation } from './page';
import { type OwnBreak, type Pause, PauseCover } from './pause_cover';
import { type News, listen, tell } from './window_messages';
import { Unsaved, keepForNextPage } from './unsaved_answers';
import { duration, fill, timeOfDay } from './format';

export const COLLECTION = '/api/edx_proctoring/v1/proctored_exam/attempt';
const POLL_MS = 60000;
const PAUSED_POLL_MS = 15000;
const RETRY_MS = 5000;
const FRESH_MS = 5000;
const HOLD_SECONDS = 5;
const SLEPT_MS = 5000;
const ENDING_TRIES = 3;
const LAST_CALL_SECONDS = 10;
const RUNNING = ['started', 'ready_to_submit'];
const ENDED = [400, 404, 410];
const RANKS: Level[] = ['', 'warning', 'critical'];

interface Polled extends Invigilated {
  status?: string;
  time_remaining_seconds?: number;
  accessibility_time_string?: string;
  paused?: Pause;
  breaks?: Breaks;
  adjustments?: { id: number; seconds: number }[];
}

export class TimerBar {
  private readonly bar: Bar;
  private readonly url: string;
  private interval?: ReturnType<typeof setInterval>;
  private stopped = false;
  private endsAt = 0;
  private pollAt = 0;
  private polledAt = 0;
  private pingAt = Infinity;
  private failures = 0;
  private busy = { end: false };
  private polling?: Promise<boolean>;
  private announced = 0;
  private wallOffset = 0;
  private status: string;
  private text: string;
  private readonly cover = new PauseCover();
  private readonly invigilation: Invigilation;
  private readonly application: Application;
  private readonly breakButton: BreakButton;
  private readonly heard = new Set<number>(); // adjustments that the learner was told of
  private readonly unsaved = new Unsaved(() => this.bar.unsaved(this.unsaved.count));
  private isOwn = true; // does the server take the user for this attempt's learner?
  private lastCall = false;
  private deaf: () => void = () => undefined;
  private standsAt?: number; // seconds left, while the exam is paused
  private standsFor?: Stop;

  constructor(root: HTMLElement, readonly data: Data, collection = COLLECTION) {
    this.url = `${collection}/${data.attempt_id}`;
    this.status = data.attempt_status;
    this.text = data.accessibility_time_string;
    this.bar = new Bar(root, data, (button) => void this.endByHand(button));
    this.invigilation = new Invigilation(root, this.bar, data.attempt_id);
    this.application = new Application(this.url, data.ping_interval ?? 0, {
      asks: () => this.status !== 'ready_to_submit',
      stopped: () => this.stopped,
      lost: () => this.leave(),
    });
    this.breakButton = new BreakButton(root, (url) => this.changeBreak(url));
  }

  start(): void {
    const exam = namespace();
    exam.configuredWorkerURL = exam.configuredWorkerURL || this.data.desktop_application_js_url;
    exam.attemptExternalId = this.data.external_id ?? undefined;
    const now = performance.now();
    this.resynchronise(this.data.time_remaining_seconds, now);
    if (this.data.paused) this.stand(this.data.paused, this.data.time_remaining_seconds); // the page is the pause's own screen
    this.breakButton.show(this.data.paused ? undefined : this.data.breaks);
    this.invigilation.take(this.data);
    this.polled();
    this.wallOffset = Date.now() - now;
    const every = this.data.ping_interval ?? 0;
    if (every > 0) this.pingAt = now + Math.round(every / 2) * 1000;
    this.announced = RANKS.indexOf(this.level);
    this.bar.say(this.text);
    this.bar.show(this.left, this.level, this.standsFor);
    this.interval = setInterval(this.tick, 1000);
    document.addEventListener('visibilitychange', this.wake);
    document.addEventListener(CLOSED, this.stop);
    window.addEventListener('online', this.wake);
    window.addEventListener('offline', this.offline);
    this.unsaved.start(this.data.attempt_id);
    this.bar.unsaved(this.unsaved.count);
    this.deaf = listen(this.data.attempt_id, this.hear);
    warnOnLeaving(this.data, () => this.stopped || this.left <= 0 || this.status === 'started');
  }

  readonly stop = (): void => {
    this.stopped = true;
    clearInterval(this.interval);
    document.removeEventListener('visibilitychange', this.wake);
    document.removeEventListener(CLOSED, this.stop);
    window.removeEventListener('online', this.wake);
    window.removeEventListener('offline', this.offline);
    this.unsaved.stop();
    this.deaf();
    this.cover.hide();
    this.bar.stop();
  };

  /** Seconds; negative after the end. */
  get left(): number {
    return this.standsAt ?? (this.endsAt - performance.now()) / 1000;
  }

  private get level(): Level {
    if (this.left <= this.data.critically_low_threshold_sec) return 'critical';
    return this.left <= this.data.low_threshold_sec ? 'warning' : '';
  }

  private resynchronise(seconds: number, sentAt: number): void {
    // The server read its clock at some point between request and response.
    this.endsAt = (sentAt + performance.now()) / 2 + seconds * 1000;
  }

  private polled(): void {
    this.polledAt = performance.now();
    this.pollAt = this.polledAt + (this.standsAt === undefined ? this.invigilation.interval(POLL_MS) : PAUSED_POLL_MS);
  }

  private readonly tick = (): void => {
    const now = performance.now();
    this.unsaved.putBack();
    if (this.slept(now) || now >= this.pollAt) void this.poll();
    if (now >= this.pingAt) {
      this.pingAt = now + (this.data.ping_interval ?? 0) * 1000;
      void this.application.ping();
    }
    this.bar.notes.nextTry(this.polling ? 0 : (this.pollAt - now) / 1000);
    this.show();
    if (this.left <= 0) this.bar.notes.over(true);
    if (this.left <= -HOLD_SECONDS && !this.busy.end) void this.end();
  };

  /** Whether the machine has slept: some browsers stop the monotonic clock during sleep. */
  private slept(now: number): boolean {
    const offset = Date.now() - now;
    const jump = Math.abs(offset - this.wallOffset) > SLEPT_MS;
    this.wallOffset = offset;
    return jump;
  }

  private readonly wake = (): void => {
    if (document.hidden) return;
    if (performance.now() - this.polledAt > FRESH_MS) void this.poll();
    this.show();
  };

  private readonly offline = (): void => {
    this.bar.connection(false);
    this.pollAt = Math.min(this.pollAt, performance.now() + RETRY_MS);
  };

  private readonly hear = (news: News): void => {
    if (news === 'ended') this.leave(gettext('You submitted this exam in another window.'));
    else void this.poll();
  };

  private show(): void {
    if (!this.lastCall && this.left <= LAST_CALL_SECONDS && this.standsAt === undefined) {
      this.lastCall = true;
      beforeEnd('time', this.data.attempt_id, Math.max(0, this.left));
    }
    this.bar.show(this.left, this.level, this.standsFor);
    const rank = RANKS.indexOf(this.level);
    if (rank <= this.announced) return;
    this.announced = rank;
    void this.announce();
  }

  /** Announce the remaining time: with the server's text if it responds, else with our own. */
  private async announce(): Promise<void> {
    const fresh = await this.poll();
    if (!this.stopped) this.bar.say(fresh ? this.text : fill(gettext('{time} left'), { time: duration(this.left) }));
  }

  private ask(): Promise<Polled | null> {
    return send<Polled>('GET', `${this.url}?sourceid=in_exam&proctored=${this.data.taking_as_proctored}`, {}, SHOWS_MESSAGES);
  }

  /** Ask the server for the time left, once at a time; true when the text to announce is fresh. */
  private poll(): Promise<boolean> {
    if (this.busy.end || this.stopped) return Promise.resolve(false);
    this.polling ??= this.askOnce().finally(() => (this.polling = undefined));
    return this.polling;
  }

  private async askOnce(): Promise<boolean> {
    const sentAt = performance.now();
    try {
      const answer = await this.ask();
      if (this.stopped) return false;
      this.reached();
      const fresh = this.take(answer, sentAt);
      if (!this.stopped) this.show();
      return fresh;
    } catch (error) {
      this.missed(error);
      return false;
    }
  }

  private reached(): void {
    this.failures = 0;
    this.bar.answered(this.unsaved.fields);
    this.polled();
  }

  private missed(error: unknown): void {
    if (this.stopped) return;
    const status = error instanceof RequestFailed ? error.status : 0;
    this.pollAt = performance.now() + POLL_MS;
    if (signedOut(error)) return this.bar.answered(this.unsaved.fields, true);
    if (ENDED.includes(status)) return this.leave(gettext('This exam no longer runs: your course team has ended or reset it.'));
    this.isOwn = status !== 403;
    if (status === 403) return this.leave(gettext('This exam belongs to another account.'));
    if (!isPassing(error)) return;
    this.failures += 1;
    this.pollAt = performance.now() + backOff(this.failures, RETRY_MS, POLL_MS);
    this.bar.connection(false);
  }

  private take(answer: Polled | null, sentAt: number): boolean {
    if (!answer) return false;
    if (answer.status && !RUNNING.includes(answer.status)) {
      this.leave(whyEnded(answer.status));
      return false;
    }
    this.status = answer.status ?? this.status;
    const { time_remaining_seconds: seconds, accessibility_time_string: text } = answer;
    if (typeof seconds !== 'number' || !Number.isFinite(seconds)) return false;
    const added = seconds - this.left;
    this.resynchronise(seconds, sentAt);
    this.pauseOrGoOn(answer.paused, seconds, answer.breaks);
    this.breakButton.show(answer.paused ? undefined : answer.breaks);
    this.tellChanges(answer.adjustments);
    this.invigilation.take(answer);
    if (added > HOLD_SECONDS) this.announced = Math.min(this.announced, RANKS.indexOf(this.level));
    this.text = text ?? this.text;
    return text !== undefined;
  }

  private pauseOrGoOn(paused: Pause | undefined, seconds: number, breaks?: Breaks): void {
    if (paused) {
      if (this.standsAt === undefined || this.cover.shown) {
        this.cover.show(paused, { seconds, unsaved: this.unsaved.count }, this.ownBreak(paused, breaks));
      }
      this.stand(paused, seconds);
    } else if (this.standsAt !== undefined) {
      this.standsAt = this.standsFor = undefined;
      if (!this.cover.shown) return this.leave(); // from the pause's own screen to the questions
      this.cover.hide();
      this.bar.say(gettext('Your exam goes on.'));
    }
    this.polled();
  }

  private stand({ kind }: Pause, seconds: number): void {
    this.standsAt = seconds;
    this.standsFor = kind === 'break' ? 'break' : 'pause';
  }

  private ownBreak(paused: Pause, breaks?: Breaks): OwnBreak | undefined {
    if (paused.kind !== 'break' || !breaks) return undefined;
    return {
      seconds: breaks.ends_in,
      end: (button) => void pending(button, () => this.changeBreak(breaks.end_url)),
      over: () => void this.poll(),
    };
  }

  /** Begin or end a break; the next poll shows the result. */
  private async changeBreak(url: string): Promise<void> {
    await changeBreak(url);
    await this.polling; // the pending poll may have been sent before the change
    await this.poll();
  }

  private tellChanges(changes: { id: number; seconds: number }[] = []): void {
    const fresh = changes.filter((change) => !this.heard.has(change.id));
    fresh.forEach((change) => this.heard.add(change.id));
    const total = fresh.reduce((sum, change) => sum + change.seconds, 0);
    if (total === 0) return;
    if (this.left > LAST_CALL_SECONDS) this.lastCall = false;
    if (this.left > 0) this.bar.notes.over(false);
    const words = total > 0 ? gettext('Time added to your exam: {time}.') : gettext('Time taken off your exam: {time}.');
    const end = fill(gettext('You now have until {time}.'), { time: timeOfDay(new Date(Date.now() + this.left * 1000)) });
    this.bar.notes.change(fill(words, { time: duration(Math.abs(total)) }), this.standsAt === undefined ? end : '', total > 0);
    tell(this.data.attempt_id, 'changed');
  }

  private async endByHand(button: HTMLButtonElement): Promise<void> {
    if (!beforeEnd('learner', this.data.attempt_id, this.left) || !(await mayLeave(this.unsaved.count))) return;
    await pending(button, async () => {
      await send('PUT', this.url, { action: 'stop' });
      this.unsaved.keep(); // for those who go back
      this.stop();
      tell(this.data.attempt_id, 'changed');
      navigation.go(this.data.exam_url_path);
    });
  }

  private async end(): Promise<void> {
    this.busy.end = true;
    this.bar.say(gettext('Your time is over. What you have submitted counts.'));
    const goesOn = await this.serverGoesOn();
    if (this.stopped) return;
    if (goesOn) {
      this.busy.end = false;
      return;
    }
    await this.endApplication();
    if (!this.stopped) this.leave();
  }

  /**
   * Wait until the server can be reached, because leaving the page without a network would lose it. True if time was
   * added.
   */
  private async serverGoesOn(): Promise<boolean> {
    for (let failures = 1; !this.stopped; failures += 1) {
      const sentAt = performance.now();
      try {
        const answer = await this.ask();
        this.reached();
        if ((answer?.time_remaining_seconds ?? 0) <= HOLD_SECONDS) return false;
        this.take(answer, sentAt);
        return !this.stopped;
      } catch (error) {
        this.isOwn = !signedOut(error) && !(error instanceof RequestFailed && error.status === 403);
        if (!isPassing(error)) return false;
        this.bar.connection(false);
        const wait = backOff(failures, RETRY_MS, POLL_MS);
        this.pollAt = performance.now() + wait; // as the note says
        await pauseOffline(wait);
      }
    }
    return false;
  }

  private async endApplication(): Promise<void> {
    for (let tries = 1; tries <= ENDING_TRIES && !this.stopped; tries += 1) {
      try {
        return await endExam(this.data.exam_started_poll_url);
      } catch {
        await pause(tries * 1000); // the server may end it at this moment
      }
    }
  }

  /** Leave the page, and have other windows poll; typed text that was not submitted is shown on the next page. */
  private leave(reason = ''): void {
    this.stop();
    tell(this.data.attempt_id, 'changed');
    keepForNextPage(this.data.attempt_id, reason, this.unsaved.texts, this.isOwn);
    navigation.reload();
  }
}

/** Poll until the server responds, and show the bar if the learner is in an exam. */
export async function showTimer(root: HTMLElement): Promise<TimerBar | null> {
  const collection = root.dataset.attemptUrl || COLLECTION;
  for (let failures = 1; root.isConnected; failures += 1) {
    try {
      const data = await send<Data>('GET', collection, {}, SHOWS_MESSAGES);
      if (!data?.in_timed_exam || data.time_remaining_seconds <= 0 || data.attempt_status === 'error') return null;
      const bar = new TimerBar(root, data, collection);
      bar.start();
      return bar;
    } catch (error) {
      if (!isPassing(error)) return null;
      await pause(backOff(failures, RETRY_MS, POLL_MS));
    }
  }
  return null;
}
