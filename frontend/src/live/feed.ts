// The rows of the board as the server sends them: all at first, then what has changed; and the server's clock.

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { RequestFailed, read } from '../http';
import { errorText } from '../staff/errors';
import { RefreshInterval } from '../staff/refresh_interval';
import type { Answer, LiveRow, Only, Order } from './types';

const POLL_MS = 10_000;

export interface BoardQuery {
  exam: string;
  room: string;
  only: Only | '';
  search: string;
  order: Order;
}

export const ALL: BoardQuery = { exam: '', room: '', only: '', search: '', order: 'attention' };

/** The query as parameters, without default values. */
export function parametersOf(query: BoardQuery): URLSearchParams {
  const found = new URLSearchParams();
  for (const name of Object.keys(ALL) as (keyof BoardQuery)[]) {
    if (query[name] && query[name] !== ALL[name]) found.set(name, query[name]);
  }
  return found;
}

export class Feed implements ReactiveController {
  query: BoardQuery = { ...ALL };
  rows = new Map<number, LiveRow>();
  order: number[] = [];
  answer: Answer | null = null; // the last one; its rows may be only those that have changed
  failure = '';
  isRefused = false;
  isBusy = false;
  updatedAt = 0; // by Date.now(); 0 before the first answer

  private readonly refreshInterval: RefreshInterval;
  private turn = 0;
  private etag = '';
  private readUrl = '';
  private cursor = '';
  private heardAt = 0; // the same by the monotonic clock
  private anchor = { server: 0, own: 0 };

  constructor(
    private readonly host: ReactiveControllerHost & Element,
    private readonly address: () => string,
    private readonly changed: (isOwn: boolean) => void,
  ) {
    this.refreshInterval = new RefreshInterval(host, () => this.refresh(), POLL_MS);
    host.addController(this);
  }

  hostConnected(): void {
    if (this.answer) void this.load();
  }

  hostDisconnected(): void {
    this.turn += 1; // ignore a response that is still pending
    this.isBusy = false;
  }

  /** The server's time in milliseconds, computed by the monotonic clock. */
  now(): number {
    return this.anchor.server + performance.now() - this.anchor.own;
  }

  /** Seconds that are left to this learner now; null without a running clock. */
  left(row: LiveRow): number | null {
    if (row.time_left_seconds === null) return null;
    if (row.paused_at || row.group === 'ended') return row.time_left_seconds;
    return row.ends_at ? Math.max(0, (Date.parse(row.ends_at) - this.now()) / 1000) : row.time_left_seconds;
  }

  sorted(): LiveRow[] {
    return this.order.map((id) => this.rows.get(id)).filter((row) => row !== undefined);
  }

  /** Milliseconds since the last response; 0 before the first one. */
  age(): number {
    return this.updatedAt ? performance.now() - this.heardAt : 0;
  }

  change(query: Partial<BoardQuery>): Promise<void> {
    this.query = { ...this.query, ...query };
    this.cursor = this.etag = '';
    return this.load();
  }

  /** Load on request of the reader: another filter, or a manual refresh. */
  async load(): Promise<void> {
    this.isBusy = true;
    this.host.requestUpdate();
    const succeeded = await this.ask(true);
    if (succeeded === undefined) return;
    this.isBusy = false;
    this.refreshInterval.done(succeeded);
    this.host.requestUpdate();
  }

  /** All rows without filters, for what concerns learners that are not shown. */
  async everybody(): Promise<LiveRow[]> {
    return (await read<Answer>(`${this.address()}live/`)).data?.rows ?? [];
  }

  private async refresh(): Promise<boolean> {
    if (this.isBusy || this.isRefused || !this.address()) return true;
    const succeeded = await this.ask(false);
    this.host.requestUpdate();
    return succeeded ?? true;
  }

  private url(): string {
    const parameters = parametersOf(this.query);
    if (this.cursor) parameters.set('since', this.cursor);
    const text = parameters.toString();
    return `${this.address()}live/${text ? `?${text}` : ''}`;
  }

  /** Whether the request succeeded; undefined if its response is outdated. */
  private async ask(isOwn: boolean): Promise<boolean | undefined> {
    const turn = (this.turn += 1);
    const url = this.url();
    try {
      const { data, etag } = await read<Answer>(url, url === this.readUrl ? this.etag : '');
      if (turn !== this.turn) return undefined;
      [this.readUrl, this.etag] = [url, etag];
      this.updatedAt = Date.now();
      this.heardAt = performance.now();
      this.failure = '';
      this.isRefused = false;
      if (data) this.take(data);
      this.changed(isOwn);
      return true;
    } catch (error) {
      return turn === this.turn ? this.failed(error) : undefined;
    }
  }

  private failed(error: unknown): boolean {
    const status = error instanceof RequestFailed ? error.status : 0;
    this.failure = errorText(error);
    this.isRefused = status === 401 || status === 403;
    if (this.isRefused) this.forget();
    this.cursor = this.etag = ''; // begin anew
    return false;
  }

  private forget(): void {
    this.rows.clear();
    this.order = [];
    this.answer = null;
  }

  private take(data: Answer): void {
    this.anchor = { server: Date.parse(data.server_time), own: performance.now() };
    this.answer = data;
    this.cursor = data.cursor;
    if (data.complete) this.rows.clear();
    for (const row of data.rows) this.rows.set(row.attempt_id, row);
    for (const id of data.gone) this.rows.delete(id);
    this.order = data.order;
    this.hear(data.seen);
  }

  /** Pages poll all the time: that alone does not send their rows again. */
  private hear(ages: (number | null)[]): void {
    ages.forEach((age, place) => {
      const row = this.rows.get(this.order[place] ?? 0);
      if (row) row.seen_at = age === null ? null : new Date(this.anchor.server - age * 1000).toISOString();
    });
  }
}
