import { vi } from 'vitest';
import '../src/live/index';
import type { Answer, Announced, LiveRow } from '../src/live/types';
import { BASE, type Section, rendered } from './staff_helpers';

export const NOW = '2026-03-01T13:00:00Z';

export function ago(seconds: number): string {
  return new Date(Date.parse(NOW) - seconds * 1000).toISOString();
}

export function row(id: number, more: Partial<LiveRow> = {}): LiveRow {
  return {
    attempt_id: id,
    user: { id, username: `learner${id}`, email: `learner${id}@example.com` },
    exam: { id: 7, exam_name: 'Midterm' },
    room: 'Room A',
    status: 'started',
    group: 'running',
    attention: [],
    time_left_seconds: 1800,
    ends_at: ago(-1800),
    total_seconds: 3600,
    paused_at: null,
    pause_until: null,
    on_break: false,
    extra: { minutes: 0, seconds_added: 0 },
    seen_at: ago(5),
    silent: false,
    shows_messages: true,
    provider: null,
    flags: 0,
    question: null,
    ...more,
  };
}

export const silent = (id: number): LiveRow =>
  row(id, { group: 'attention', silent: true, seen_at: ago(190), attention: [{ code: 'silent', since: ago(190), text: '' }] });

export function board(rows: LiveRow[], more: Partial<Answer> = {}): Answer {
  return {
    server_time: NOW,
    cursor: 'c1',
    complete: true,
    poll_seconds: 10,
    counts: { attention: 0, running: rows.length, setting_up: 0, silent: 0, paused: 0, ended: 0 },
    exams: [{ id: 7, exam_name: 'Midterm' }],
    rooms: ['Room A', 'Room B'],
    may_manage: true,
    rows,
    gone: [],
    order: rows.map(({ attempt_id }) => attempt_id),
    seen: rows.map(({ seen_at }) => (seen_at ? (Date.parse(NOW) - Date.parse(seen_at)) / 1000 : null)),
    outages: [],
    ...more,
  };
}

export interface Reply {
  status?: number;
  body?: unknown;
  etag?: string;
}

export interface Sent {
  call: string; // method and path below the course
  query: URLSearchParams;
  etag: string | null;
  key: string | null;
  body: any;
}

/** A server; `replies` answers each call by its method and path, and may be changed. */
export function liveServer(rows: LiveRow[], more: Partial<Answer> = {}) {
  const server = {
    sent: [] as Sent[],
    announced: [] as Announced[],
    reply: ((): Reply | 'down' => ({ body: board(rows, more) })) as (sent: Sent) => Reply | 'down',
    change: ((): Reply | 'down' => ({ body: {} })) as (sent: Sent) => Reply | 'down',
    polls: () => server.sent.filter(({ call }) => call === 'GET live/'),
    changes: () => server.sent.filter(({ call }) => !call.startsWith('GET')),
  };
  vi.stubGlobal('fetch', async (url: string, { method = 'GET', headers, body }: RequestInit = {}) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const given = new Headers(headers);
    const call = `${method} ${pathname.replace(BASE, '')}`;
    const sent = { call, query: searchParams, etag: given.get('If-None-Match'), key: given.get('Idempotency-Key'), body: body ? JSON.parse(body as string) : null };
    server.sent.push(sent);
    const isList = call === 'GET live/announcements/';
    const answer = isList ? { body: { count: 0, results: server.announced } } : call === 'GET live/' ? server.reply(sent) : server.change(sent);
    if (answer === 'down') throw new TypeError('network');
    const status = answer.status ?? 200;
    const text = status === 304 || status === 204 ? null : JSON.stringify(answer.body ?? {});
    return new Response(text, { status, headers: answer.etag ? { ETag: answer.etag } : {} });
  });
  return server;
}

export async function mountBoard(attributes: Record<string, string> = {}): Promise<Section> {
  const element = document.createElement('proctoring-live') as Section;
  for (const [name, value] of Object.entries({ 'course-id': 'course-v1:a+b+c', 'api-base': BASE, ...attributes })) element.setAttribute(name, value);
  document.body.append(element);
  await rendered();
  return element;
}
