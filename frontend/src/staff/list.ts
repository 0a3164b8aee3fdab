// A list of the REST interface: its rows, its state, and its refreshes.

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { RequestFailed, read } from '../http';
import { errorText } from './errors';
import { type FilterSpec, type ListQuery, INITIAL, parametersOf } from './list_query';
import { RefreshInterval } from './refresh_interval';

export interface Page<T> {
  count: number;
  count_is_about?: boolean;
  results: T[];
}

/** A new object is announced, even with the same text. */
export interface Failure {
  text: string;
  isOwn: boolean; // of something that the reader has asked for, not of a refresh
}

export interface Row {
  id?: number | string;
  username?: string; // of rows about learners, which have no id
  created?: string;
}

export function keyOf({ id, username }: Row): number | string {
  return id ?? username ?? '';
}

function isRefusal(error: unknown): boolean {
  return error instanceof RequestFailed && (error.status === 401 || error.status === 403);
}

/** A page that is not full is the last one: the number of all is known exactly. */
function counted<T>(page: Page<T>, { page: number, pageSize }: ListQuery): Page<T> {
  const { length } = page.results;
  if (!page.count_is_about || length >= pageSize) return page;
  return { ...page, count: (number - 1) * pageSize + length, count_is_about: false };
}

/** The server cannot refuse such a page where it does not know the number of rows exactly. */
function isBeyondTheEnd(page: Page<unknown> | null, query: ListQuery): boolean {
  return query.page > 1 && page?.results.length === 0;
}

export class List<T extends Row> implements ReactiveController {
  query: ListQuery = { ...INITIAL };
  page: Page<T> | null = null;
  /** A newer page with rows that are not shown yet: they are not pushed in while somebody reads. */
  waiting: Page<T> | null = null;
  failure: Failure | null = null;
  isBusy = false;
  updatedAt = 0;
  /** Whether the reader lacks permission: nothing is loaded again until the reader requests it. */
  isRefused = false;

  /** Whether the server says why there is no such list. */
  isMissing = false;

  private readonly refreshInterval: RefreshInterval;
  private hasBegun = false;
  private turn = 0;
  private seen = { url: '', etag: '' };
  private shownAt = 0; // when the shown rows were read, by the server's clock
  private readAt = 0;

  /** `address`: the URL of the resource, empty while unknown; `loaded` is called with the requested page. */
  constructor(
    private readonly host: ReactiveControllerHost & Element,
    private readonly address: () => string,
    private readonly filters: () => FilterSpec[],
    private readonly loaded: (page: Page<T>) => void,
  ) {
    this.refreshInterval = new RefreshInterval(host, () => this.update());
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

  /** How many rows that wait did not exist when the shown ones were read; others have only moved to this page. */
  newRows(): number {
    const shown = new Set(this.page?.results.map(keyOf));
    const isNew = (row: T) => !shown.has(keyOf(row)) && Date.parse(row.created ?? '') >= this.shownAt;
    return this.waiting?.results.filter(isNew).length ?? 0;
  }

  /** Forget the rows: the reader may not see them any more. */
  private forget(): void {
    this.page = this.waiting = null;
    this.seen = { url: '', etag: '' };
  }

  private show(page: Page<T>): void {
    this.page = page;
    this.waiting = null;
    this.shownAt = this.readAt;
  }

  /** Refresh automatically; resolves with whether this succeeded. */
  private async update(): Promise<boolean> {
    if (this.isBusy || this.isRefused || !this.address()) return true;
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
    const newer = new Map(answer.results.map((row) => [keyOf(row), row]));
    this.page = { ...this.page, results: this.page.results.map((row) => newer.get(keyOf(row)) ?? row) };
  }

  /** The page; null if it has not changed or cannot be read; undefined if it is no longer wanted. */
  private async read(isOwn: boolean): Promise<Page<T> | null | undefined> {
    const turn = (this.turn += 1);
    const url = `${this.address()}?${parametersOf(this.query, this.filters())}`;
    try {
      const { data, etag, at } = await read<Page<T>>(url, this.page && this.seen.url === url ? this.seen.etag : '');
      if (turn !== this.turn) return undefined;
      if (isBeyondTheEnd(data, this.query)) return this.readFirst(isOwn);
      this.seen = { url, etag };
      this.readAt = at;
      this.updatedAt = Date.now();
      this.failure = null;
      this.isRefused = this.isMissing = false;
      if (isOwn) this.refreshInterval.done(true);
      return data && counted(data, this.query);
    } catch (error) {
      if (turn !== this.turn) return undefined;
      return this.failed(error, url, isOwn);
    }
  }

  /** A refresh that fails like the reader's own request says nothing new. */
  private fail(text: string, isOwn: boolean): void {
    if (isOwn || this.failure?.text !== text) this.failure = { text, isOwn };
  }

  /** The page is beyond the end. */
  private readFirst(isOwn: boolean): Promise<Page<T> | null | undefined> {
    this.query = { ...this.query, page: 1 };
    if (!isOwn) this.page = this.waiting = null; // its rows are not those of the first
    return this.read(isOwn);
  }

  private failed(error: unknown, url: string, isOwn: boolean): Promise<Page<T> | null | undefined> | null {
    if (error instanceof RequestFailed && error.status === 404 && this.query.page > 1) return this.readFirst(isOwn);
    this.isRefused = isRefusal(error);
    this.isMissing = error instanceof RequestFailed && error.status === 404 && error.detail !== '';
    this.fail(errorText(error), isOwn);
    // Other rows than the filters say, or rows that are gone or that the reader may not see any more.
    if (url !== this.seen.url || this.isRefused || this.isMissing) this.forget();
    if (isOwn) this.refreshInterval.done(false);
    return null;
  }
}
