import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchInterrupted } from '../src/interrupted_screen';
import { type Answer, server, visible, watchNavigation } from './helpers';

const minutes = (count: number) => vi.advanceTimersByTimeAsync(count * 60_000);
const error = (more: object = {}): Answer => ({ body: { status: 'error', ready_to_resume: false, ...more } });

beforeEach(() => {
  vi.useFakeTimers();
  visible(true);
  document.body.innerHTML = '<div class="sequence" data-resume-poll-url="/attempt/7"><h3>Interrupted</h3></div>';
});
afterEach(() => {
  document.body.innerHTML = '';
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test.each([error({ ready_to_resume: true }), { body: { status: 'submitted' } }])('the page continues automatically: %o', async (last) => {
  const navigation = watchNavigation();
  const sent = server(error(), 'down', error(), last);
  watchInterrupted();
  watchInterrupted(); // the same screen is watched once
  await minutes(2);
  expect([navigation.reloads, sent.length, sent[0].method, sent[0].url]).toEqual([1, 4, 'GET', '/attempt/7']);
});

test('polls with growing intervals, and not while the page is hidden', async () => {
  watchNavigation();
  const sent = server(error());
  watchInterrupted();
  await minutes(1);
  expect(sent.length).toBeGreaterThan(5);
  const early = sent.length;
  await minutes(10);
  const before = sent.length;
  await minutes(1);
  expect(sent.length - before).toBeLessThan(early);
  visible(false);
  const hidden = sent.length;
  await minutes(5);
  expect(sent.length).toBe(hidden);
});

test('a permanent error is shown, and polling stops', async () => {
  const navigation = watchNavigation();
  const sent = server({ status: 404 });
  watchInterrupted();
  await minutes(5);
  expect([sent.length, navigation.reloads]).toEqual([1, 0]);
  expect(document.querySelector('[role=alert]')!.textContent).toContain('no longer exists');
});
