import { afterEach, beforeEach, vi } from 'vitest';
import '../src/staff/index';
import type { Attempt } from '../src/staff/statuses';
import { modalDialogs, visible } from './helpers';

const observed = new Map<Element, (width: number) => void>();

/** jsdom has no layout: elements are as wide as `resized` says. */
class Sizes {
  constructor(private readonly changed: (entries: { contentRect: { width: number } }[]) => void) {}

  observe(element: Element): void {
    observed.set(element, (width) => this.changed([{ contentRect: { width } }]));
  }

  disconnect(): void {}
}
Object.assign(globalThis, { ResizeObserver: Sizes });

export function resized(element: Element, width: number): void {
  observed.get(element)!(width);
}

export const BASE = '/api/edx_proctoring/v2/courses/course-v1:a+b+c/';

export interface Asked {
  path: string;
  query: URLSearchParams;
  etag: string | null;
}

export interface Reply {
  status?: number;
  body?: unknown;
  etag?: string;
}

export function attempt(id: number, more: Partial<Attempt> = {}): Attempt {
  return {
    id,
    user: { username: `learner${id}`, email: `learner${id}@example.com` },
    exam: { id: 7, exam_name: 'Midterm', type: 'proctored' },
    status: 'submitted',
    started_at: '2026-03-01T12:00:00Z',
    completed_at: null,
    allowed_time_limit_mins: 90,
    ready_to_resume: false,
    resumed: false,
    created: '2026-03-01T11:59:00Z',
    ...more,
  };
}

export function pageOf(...results: object[]): Reply {
  return { body: { count: results.length, results } };
}

export const EXAMS: Reply = { body: { count: 1, results: [{ id: 7, exam_name: 'Midterm' }] } };

export interface Changed {
  path: string;
  body: Record<string, unknown>;
  text: string;
  key: string | null;
  match: string | null;
}

/** What was sent to change something; `reply` answers it and may be replaced. */
export const changes = { sent: [] as Changed[], reply: ((): Reply | 'down' => ({ body: {} })) as (changed: Changed) => Reply | 'down' };

function answerToChange(path: string, options: RequestInit): Reply | 'down' {
  const headers = new Headers(options.headers);
  const isText = headers.get('Content-Type') === 'text/csv';
  const changed = {
    path: `${options.method} ${path}`,
    body: isText ? {} : (JSON.parse(options.body as string) as Record<string, unknown>),
    text: options.body as string,
    key: headers.get('Idempotency-Key'),
    match: headers.get('If-Match'),
  };
  changes.sent.push(changed);
  return changes.reply(changed);
}

/** A server for the lists; `reply` decides about attempts and may be changed. It remembers all requests. */
export function api(reply: (asked: Asked) => Reply | 'down', exams: Reply | ((query: URLSearchParams) => Reply) = EXAMS): { asked: Asked[]; reply: typeof reply } {
  const state = { asked: [] as Asked[], reply };
  changes.sent = [];
  changes.reply = () => ({ body: {} });
  vi.stubGlobal('fetch', async (url: string, options: RequestInit) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const asked = { path: pathname.replace(BASE, ''), query: searchParams, etag: new Headers(options.headers).get('If-None-Match') };
    if (asked.path === 'attempts/') state.asked.push(asked);
    const isChange = (options.method ?? 'GET') !== 'GET';
    const answer = isChange ? answerToChange(asked.path, options) : asked.path === 'exams/' ? (typeof exams === 'function' ? exams(searchParams) : exams) : state.reply(asked);
    if (answer === 'down') throw new TypeError('network');
    const status = answer.status ?? 200;
    const body = status === 304 ? null : JSON.stringify(answer.body ?? {});
    return new Response(body, { status, headers: answer.etag ? { ETag: answer.etag } : {} });
  });
  return state;
}

/** Let promises and Lit's updates settle, also while timers are fake. */
export async function rendered(): Promise<void> {
  for (let round = 0; round < 40; round += 1) await Promise.resolve();
}

export type Section = HTMLElement & { updateComplete: Promise<boolean> };

export async function mount(attributes: Record<string, string> = {}, name = 'proctoring-attempts'): Promise<Section> {
  const element = document.createElement(name) as Section;
  for (const [name, value] of Object.entries({ 'course-id': 'course-v1:a+b+c', 'api-base': BASE, ...attributes })) {
    element.setAttribute(name, value);
  }
  document.body.append(element);
  await rendered();
  return element;
}

export function all(root: Element, selector: string): HTMLElement[] {
  return Array.from(root.shadowRoot!.querySelectorAll<HTMLElement>(selector));
}

export function one<T extends HTMLElement = HTMLElement>(root: Element, selector: string): T {
  return root.shadowRoot!.querySelector<T>(selector)!;
}

export function texts(root: Element, selector: string): string[] {
  return all(root, selector).map((element) => element.textContent!.replace(/\s+/g, ' ').trim());
}

export function button(root: Element, name: string): HTMLButtonElement {
  const found = all(root, 'button').find((element) => (element.ariaLabel ?? element.getAttribute('aria-label') ?? element.textContent)!.trim() === name);
  if (!found) throw new Error(`no button ${name}`);
  return found as HTMLButtonElement;
}

/** Write into a field of the open dialog, and press the button that confirms. */
export async function answer(element: Element, values: Record<string, string> = {}): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    const field = one<HTMLInputElement>(element, `dialog [name="${name}"]`);
    field.value = value;
    field.dispatchEvent(new Event(field.localName === 'select' ? 'change' : 'input'));
  }
  one<HTMLFormElement>(element, 'dialog form').dispatchEvent(new Event('submit', { cancelable: true }));
  await rendered();
}

/** The details of an attempt, as the server gives them. */
function details(id: number, more: object = {}): Reply {
  const { exam, ...row } = attempt(id);
  return {
    body: {
      ...row,
      exam: { ...exam, time_limit_mins: 60, due_date: null, backend: 'null' },
      is_newest: true,
      earlier: [],
      earlier_count: 0,
      actions: ['reset'],
      review: null,
      timeline: [],
      provider: { name: 'Northgate', attempt_url: null },
      enrollment_mode: '',
      progress_url: null,
      ...more,
    },
  };
}

/** The section with these rows, the first of which has id 1; `more` has the details of attempts by id. */
export async function list(rows: object[], query = '', more: Record<number, object> = {}): Promise<Section> {
  api(({ path }) => {
    const id = Number(/^attempts\/(\d+)\/$/.exec(path)?.[1]);
    if (id) return more[id] ? details(id, more[id]) : { status: 404, body: { detail: 'This attempt was removed by morgan.' } };
    return pageOf(...rows.map((row, index) => attempt(index + 1, row)));
  });
  return mount({ query });
}

/** Each test begins on a visible, empty page at a fixed time. */
export function aStaffPageEachTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ now: new Date('2026-03-01T13:00:00Z') });
    visible(true);
    modalDialogs();
  });
  afterEach(() => {
    document.body.replaceChildren();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });
}
