// The page at 0:00, while it waits for the server.

/// <reference types="vite/client" />
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type TimerBar, showTimer } from '../src/timer';
import { type Answer, RUNNING, modalDialogs, server, visible, watchNavigation } from './helpers';
import submitPage from './screens/ready-to-submit.html?raw';

const BREAKS = { left: 1, seconds_left: 300, longest: 300, ends_in: 0, begin_url: '/begin', end_url: '/end' };
const MORE_TIME: Answer = { body: { status: 'started', time_remaining_seconds: 600, breaks: BREAKS, adjustments: [{ id: 1, seconds: 600 }] } };

let root: HTMLElement;
let found: TimerBar | null;

beforeEach(() => {
  vi.useFakeTimers();
  modalDialogs();
  visible(true);
});
afterEach(() => {
  found?.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const one = <T extends HTMLElement = HTMLButtonElement>(selector: string) => document.querySelector<T>(selector)!;
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000);

async function page(html: string, change: object, ...answers: Answer[]) {
  document.body.innerHTML = `<div class="proctored_exam_status"></div><main>${html}</main>`;
  root = one('.proctored_exam_status');
  watchNavigation();
  const sent = server({ body: { ...RUNNING, time_remaining_seconds: 3, low_threshold_sec: 0, critically_low_threshold_sec: 0, ...change } }, ...answers);
  found = await showTimer(root);
  return sent;
}

test('neither a break nor the end can be chosen at 0:00, until time is added', async () => {
  const sent = await page('', { breaks: BREAKS }, 'down', MORE_TIME);
  const [pause, end] = [one('.proctoring-break-button'), one('.exam-button-turn-in-exam')];
  const state = () => [pause, end].map((button) => [button.getAttribute('aria-disabled'), button.title]);
  const before = state();
  await seconds(4);
  expect(state()).toEqual(Array(2).fill(['true', 'Your time is over']));
  for (const button of [pause, end]) button.click();
  await seconds(0);
  expect([one('dialog[open]'), sent.filter(({ method }) => method !== 'GET')]).toEqual([null, []]);
  await seconds(20);
  expect(state()).toEqual(before);
});

test('the question before a break is closed at 0:00, as not agreed', async () => {
  const sent = await page('', { breaks: BREAKS }, 'down');
  one('.proctoring-break-button').focus();
  one('.proctoring-break-button').click();
  await seconds(0);
  expect(one<HTMLDialogElement>('dialog').open).toBe(true);
  await seconds(4);
  expect([one<HTMLDialogElement>('dialog').open, document.activeElement]).toEqual([false, one('.proctoring-break-button')]);
  expect(sent.filter(({ method }) => method !== 'GET')).toEqual([]);
});

test('the page asks again as soon as the browser is connected again', async () => {
  const sent = await page('', {}, 'down');
  await seconds(60); // the next try is a while away
  const { length } = sent;
  window.dispatchEvent(new Event('online'));
  await seconds(0);
  expect(sent.length).toBe(length + 1);
});

test('the page to submit says at 0:00 that the time is over, and offers no way back', async () => {
  const attempt = Number(/data-attempt-id="(\d+)"/.exec(submitPage)![1]);
  await page(submitPage, { attempt_id: attempt, attempt_status: 'ready_to_submit' }, 'down', MORE_TIME);
  const told = () => Array.from(document.querySelectorAll<HTMLElement>('main p, main button')).filter((it) => !it.closest('[hidden]')).map((it) => it.textContent);
  const back = one('[name="goback-proctored-exam"]');
  back.focus();
  expect(told().join()).toContain('You still have time');
  await seconds(4);
  expect(told()).toContain('Your time is over. What you have submitted counts.');
  expect(told().join()).not.toMatch(/You still have time|Check that you have submitted|Go back/);
  expect(document.activeElement).toBe(one('main h3'));
  await seconds(20);
  expect(told().join()).toMatch(/You still have time.*Go back/);
});

test('the page of another attempt keeps its words', async () => {
  await page(submitPage, { attempt_id: 987654 }, 'down');
  await seconds(4);
  expect(one('[name="goback-proctored-exam"]').hidden).toBe(false);
});
