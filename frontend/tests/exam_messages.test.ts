// The component for a slot of the learning micro-frontend, in a host with as much of React as it needs.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { examMessages } from '../mfe/exam_messages';
import { modalDialogs, visible } from './helpers';

type Props = object | null;
type Child = { type: unknown; props: Props; children: Child[] } | string | number | null;

/** Draws a component into the page; what a real React keeps between drawings is kept here by the order of the hooks. */
class FakeReact {
  private readonly kept: unknown[] = [];
  private hook = 0;
  private effects: (() => void)[] = [];
  private readonly cleanUps: (() => void)[] = [];
  private component?: () => unknown;

  readonly createElement = (type: unknown, props: Props, ...children: unknown[]) => ({ type, props, children });

  readonly useState = <T,>(value: T): [T, (next: T) => void] => {
    const place = this.hook++;
    if (!(place in this.kept)) this.kept[place] = value;
    const change = (next: T) => {
      this.kept[place] = next;
      this.draw();
    };
    return [this.kept[place] as T, change];
  };

  readonly useRef = <T,>(value: T) => this.useState({ current: value })[0];

  readonly useEffect = (effect: () => void | (() => void)) => {
    const place = this.hook++;
    if (place in this.kept) return;
    this.kept[place] = true;
    this.effects.push(() => {
      const cleanUp = effect();
      if (cleanUp) this.cleanUps.push(cleanUp);
    });
  };

  mount(component: () => unknown): void {
    this.component = component;
    this.draw();
  }

  unmount(): void {
    this.cleanUps.forEach((cleanUp) => cleanUp());
    document.body.replaceChildren();
  }

  private draw(): void {
    this.hook = 0;
    document.body.replaceChildren(...this.nodes(this.component!() as Child));
    const effects = this.effects;
    this.effects = [];
    effects.forEach((effect) => effect());
  }

  private nodes(child: Child | Child[]): Node[] {
    if (Array.isArray(child)) return child.flatMap((one) => this.nodes(one));
    if (child === null || child === undefined) return [];
    if (typeof child !== 'object') return [document.createTextNode(String(child))];
    if (typeof child.type === 'function') return this.nodes(child.type(child.props) as Child);
    const element = document.createElement(child.type as string);
    for (const [name, value] of Object.entries(child.props ?? {})) this.set(element, name, value);
    element.append(...this.nodes(child.children));
    return [element];
  }

  private set(element: HTMLElement, name: string, value: unknown): void {
    if (name === 'ref') (value as { current: HTMLElement }).current = element;
    else if (name === 'onClick') element.addEventListener('click', value as () => void);
    else if (name === 'className') element.className = value as string;
    else if (typeof value === 'string') element.setAttribute(name, value);
  }
}

const LIVE = '/api/edx_proctoring/v2/courses/c/live/mine/7/';
const RUNNING = { in_timed_exam: true, attempt_id: 7, poll_seconds: 30, live_url: LIVE };
const MESSAGE = { id: 3, text: 'Ten minutes left.' };

let react: FakeReact;
let polled: object;
let asked: string[];
let told: string[];

function host(language = 'en') {
  const client = {
    get: vi.fn(async (url: string) => {
      asked.push(url);
      return { data: url.includes('/pages/texts/') ? { 'I have read this': 'Gelesen' } : polled };
    }),
    post: vi.fn(async (url: string) => {
      told.push(url);
      return { data: null };
    }),
    delete: vi.fn(async (url: string) => {
      told.push(`DELETE ${url}`);
      return { data: null };
    }),
  };
  react.mount(examMessages({ React: react, client: () => client, lmsUrl: () => 'https://lms.test', language: () => language }));
  return client;
}

const settled = () => vi.advanceTimersByTimeAsync(1);
const press = (text: string) => [...document.querySelectorAll('button')].find((one) => one.textContent === text)!.click();

beforeEach(() => {
  vi.useFakeTimers();
  modalDialogs();
  visible(true);
  react = new FakeReact();
  [polled, asked, told] = [RUNNING, [], []];
});
afterEach(() => {
  react.unmount();
  vi.useRealTimers();
});

test('shows nothing outside of an exam, and polls every minute', async () => {
  polled = { in_timed_exam: false };
  host();
  await settled();
  expect(document.body.textContent).toBe('');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toEqual(Array(2).fill('https://lms.test/api/edx_proctoring/v1/proctored_exam/attempt?messages=1'));
});

test('shows a message within half a minute, until it is read', async () => {
  host();
  await settled();
  polled = { ...RUNNING, announcements: [MESSAGE] };
  await vi.advanceTimersByTimeAsync(30_000);
  expect(document.querySelector('.proctoring-announcement')!.textContent).toContain('Ten minutes left.');
  expect(document.querySelector('[role=status]')!.textContent).toBe('From the invigilator: Ten minutes left.');
  press('I have read this');
  expect(document.querySelector('.proctoring-announcement')).toBeNull();
  expect(told).toEqual([`https://lms.test${LIVE}announcements/3/seen/`]);
  await vi.advanceTimersByTimeAsync(30_000); // the server has not heard of it
  expect(document.querySelector('.proctoring-announcement')).toBeNull();
  expect(told).toHaveLength(2);
});

test('announces added time once, and covers the page during a pause', async () => {
  host();
  await settled();
  polled = { ...RUNNING, adjustments: [{ id: 1, seconds: 600 }], paused: { kind: 'pause', since: 'x', message: 'Fire alarm' } };
  await vi.advanceTimersByTimeAsync(30_000);
  expect(document.querySelector('.alert-success')!.textContent).toBe('Time added to your exam: 10 minutes.');
  expect(document.querySelector<HTMLDialogElement>('dialog')!.open).toBe(true);
  expect(document.querySelector('dialog')!.textContent).toContain('Fire alarm');
  polled = RUNNING;
  await vi.advanceTimersByTimeAsync(15_000);
  expect(document.querySelector('dialog')).toBeNull();
  expect(document.querySelector('[role=status]')!.textContent).toBe('Your exam goes on.');
});

test('begins a break with a key, and reports a failure', async () => {
  polled = { ...RUNNING, breaks: { left: 1, seconds_left: 300, longest: 300, ends_in: 0, begin_url: '/begin', end_url: '/end' } };
  const client = host();
  await settled();
  client.post.mockRejectedValueOnce(new Error('network'));
  press('Take a break…');
  expect(document.querySelector('[role=group]')!.textContent).toContain('You have 5 minutes left for breaks');
  press('Begin the break');
  await settled();
  expect(document.querySelector('[role=alert]')!.textContent).toContain('The server cannot be reached');
  press('Take a break…');
  expect(document.querySelector('[role=group]')!.textContent).toContain('You have 5 minutes left for breaks');
  press('Begin the break');
  await settled();
  expect(client.post).toHaveBeenLastCalledWith('https://lms.test/begin', {}, { headers: { 'Idempotency-Key': expect.any(String) } });
  expect(document.querySelector('[role=alert]')).toBeNull();
});

const QUESTIONS = { ...RUNNING, questions: { enabled: true, open: null } };
const ASKED = { id: 5, text: 'May I use a calculator?', asked_at: '2026-11-30T14:10:00Z' };
const write = (text: string) => (document.querySelector('textarea')!.value = text);

test('asks a question, shows it until it is answered, and takes it back', async () => {
  polled = QUESTIONS;
  const client = host();
  await settled();
  press('Ask the invigilator');
  write('  ');
  press('Send');
  expect(told).toEqual([]);
  write(` ${ASKED.text} `);
  polled = { ...QUESTIONS, questions: { enabled: true, open: ASKED } };
  press('Send');
  press('Send');
  await settled();
  expect(client.post.mock.calls).toEqual([[`https://lms.test${LIVE}questions/`, { text: ASKED.text }]]);
  expect(document.querySelector('[role=status]')!.textContent).toBe('Your question was sent.');
  expect(document.querySelector('.proctoring-question')!.textContent).toContain(ASKED.text);
  polled = QUESTIONS;
  press('Take the question back');
  await settled();
  expect(told[told.length - 1]).toBe(`DELETE https://lms.test${LIVE}questions/5/`);
  press('Ask the invigilator');
  press('Cancel');
  expect(document.querySelector('textarea')).toBeNull();
});

test.each([[undefined, 'cannot be reached'], [{ status: 429 }, 'is busy']])('a question that is not sent stays in the form; response: %o', async (response, reason) => {
  polled = QUESTIONS;
  const client = host();
  await settled();
  client.post.mockRejectedValueOnce(Object.assign(new Error('refused'), { response }));
  press('Ask the invigilator');
  write('Why?');
  press('Send');
  await settled();
  expect(document.querySelector('[role=alert]')!.textContent).toContain(reason);
  expect(document.querySelector('textarea')).not.toBeNull();
});

test('offers no question where the board is not installed, or the exam does not run', async () => {
  polled = { ...RUNNING, questions: { enabled: false, open: null } };
  host();
  await settled();
  expect(document.querySelector('button')).toBeNull();
});

test('uses the host\'s language, and stops polling when it is removed', async () => {
  polled = { ...RUNNING, announcements: [MESSAGE] };
  host('de');
  await settled();
  expect(asked).toContain('https://lms.test/api/edx_proctoring/pages/texts/de');
  press('Gelesen');
  react.unmount();
  const { length } = asked;
  await vi.advanceTimersByTimeAsync(120_000);
  expect(asked).toHaveLength(length);
});
