// A list of the REST interface: its rows, its state, and its refreshes.

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { RequestFailed, read } from '../http';
import { errorText } from './errors';
import { type ListQuery, INITIAL, parametersOf } from './query';
import { Rhythm } from './rhythm';

export interface Page<T> {
  count: number;
  results: T[];
}

/** A new object is announced, even with the same text. */
export interface Failure {
  text: string;
  isOwn: boolean; // caused by the user's own request, not by a refresh
}

export class List<T extends { id: number }> implements ReactiveController {
  query: ListQuery = { ...INITIAL };
  page: Page<T> | null = null;
  /** A newer page with rows that are not shown yet, so that the table does not move while the user reads it. */
  waiting: Page<T> | null = null;
  failure: Failure | null = null;
  isBusy = false;
  updatedAt = 0;

  private readonly rhythm: Rhythm;
  private hasBegun = false;
  private turn = 0;
  private seen = { url: '', etag: '' };

  /** `address`: the URL of the resource, empty while unknown; `loaded` is called with the requested page. */
  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly address: () => string,
    private readonly loaded: (page: Page<T>) => void,
  ) {
    this.rhythm = new Rhythm(host, () => this.update());
    host.addController(this);
  }

  hostConnected(): void {
    if (this.hasBegun) void this.load(); // it was removed while another section was shown
  }

  hostDisconnected(): void {
    this.turn += 1; // ignore a response that is still pending
    this.isBusy = false;
  }

  /** Change the query; unless the page is given, start at the first one. */
  change(query: Partial<ListQuery>): Promise<void> {
    this.query = { ...this.query, page: 1, ...query };
    return this.load();
  }

  /** Load the page that the user has requested. */
  async load(): Promise<void> {
    this.isBusy = this.hasBegun = true;
    this.host.requestUpdate();
    const answer = await this.read(true);
    if (answer === undefined) return;
    this.isBusy = false;
    if (answer) this.show(answer);
    else if (!this.failure) this.showWaiting();
    this.host.requestUpdate();
    if (this.page && !this.failure) this.loaded(this.page);
  }

  /** Show the waiting rows. */
  showWaiting(): void {
    if (this.waiting) this.show(this.waiting);
    this.host.requestUpdate();
  }

  newRows(): number {
    const shown = new Set(this.page?.results.map((row) => row.id));
    return this.waiting?.results.filter((row) => !shown.has(row.id)).length ?? 0;
  }

  private show(page: Page<T>): void {
    this.page = page;
    this.waiting = null;
  }

  /** Refresh automatically; resolves with whether this succeeded. */
  private async update(): Promise<boolean> {
    if (this.isBusy || !this.address()) return true;
    const answer = await this.read(false);
    const isAwaited = this.page === null; // the first answer, or another page than was shown
    if (answer) this.merge(answer);
    this.host.requestUpdate();
    if (isAwaited && this.page) this.loaded(this.page);
    return !this.failure;
  }

  private merge(answer: Page<T>): void {
    this.waiting = answer;
    if (!this.page || !this.newRows()) return this.show(answer);
    const newer = new Map(answer.results.map((row) => [row.id, row]));
    this.page = { ...this.page, results: this.page.results.map((row) => newer.get(row.id) ?? row) };
  }

  /** The page; null if it has not changed or cannot be read; undefined if it is no longer wanted. */
  private async read(isOwn: boolean): Promise<Page<T> | null | undefined> {
    const turn = (this.turn += 1);
    const url = `${this.address()}?${parametersOf(this.query)}`;
    try {
      const { data, etag } = await read<Page<T>>(url, this.page && this.seen.url === url ? this.seen.etag : '');
      if (turn !== this.turn) return undefined;
      this.seen = { url, etag };
      this.updatedAt = Date.now();
      this.failure = null;
      if (isOwn) this.rhythm.done(true);
      return data;
    } catch (error) {
      if (turn !== this.turn) return undefined;
      return this.failed(error, url, isOwn);
    }
  }

  private failed(error: unknown, url: string, isOwn: boolean): Promise<Page<T> | null | undefined> | null {
    const isBeyondTheEnd = error instanceof RequestFailed && error.status === 404 && this.query.page > 1;
    if (isBeyondTheEnd) {
      this.query = { ...this.query, page: 1 };
      if (!isOwn) this.page = this.waiting = null; // its rows are not those of the first
      return this.read(isOwn);
    }
    const text = errorText(error);
    // A refresh that fails in the same way as the user's own request adds no information.
    if (isOwn || this.failure?.text !== text) this.failure = { text, isOwn };
    if (url !== this.seen.url) this.page = this.waiting = null; // they are not what the filters say
    if (isOwn) this.rhythm.done(false);
    return null;
  }
}
