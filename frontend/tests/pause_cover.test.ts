import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type TimerBar, showTimer } from '../src/timer';
import { type Answer, RUNNING as DATA, pageWithTimer, server, watchNavigation } from './helpers';

let root: HTMLElement;
let found: TimerBar | null;

beforeEach(() => {
  root = pageWithTimer();
  found = null;
});
afterEach(() => {
  found?.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const shown = () => root.querySelector('#time_remaining_id b')?.textContent;
const said = () => root.querySelector('.timer-announce')!.textContent;
const minutes = (count: number) => vi.advanceTimersByTimeAsync(count * 60000);
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000);
const left = (time: number, more: object = {}): Answer =>
  ({ body: { status: 'started', time_remaining_seconds: time, ...more } });

async function bar(change: object = {}, ...answers: Answer[]) {
  const navigation = watchNavigation();
  const sent = server({ body: { ...DATA, ...change } }, ...answers);
  found = await showTimer(root);
  return { navigation, polls: () => sent.filter((one) => one.url.includes('in_exam')).length };
}

describe('a pause', () => {
  const paused = (time: number, message = 'Fire alarm.') => left(time, { paused: { kind: 'pause', since: '2026-11-24T14:52:00+01:00', message } });
  const cover = () => document.querySelector<HTMLElement>('.proctoring-pause');

  test('covers the page, stops the clock and ends without a reload', async () => {
    document.body.insertAdjacentHTML('beforeend', '<main><input value="typed"></main>');
    const input = document.querySelector('input')!;
    input.focus();
    const { navigation, polls } = await bar({}, paused(540), paused(540), left(540));
    await minutes(1);
    expect(cover()!.textContent).toContain('Fire alarm.');
    const since = new Date('2026-11-24T14:52:00+01:00').toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
    expect(cover()!.textContent).toContain(`Your clock has stood still since ${since}: you lose no time.`);
    expect(cover()!.textContent).toContain('Time left when you go on9 minutes');
    expect([cover()!.querySelector('.px-bar__flag')!.textContent, root.dataset.level]).toEqual(['Paused', 'stopped']);
    expect(cover()!.querySelector<HTMLElement>('.proctoring-pause-message')!.dir).toBe('auto'); // in a language of the writer's
    expect([document.activeElement, input.closest('main')!.inert]).toEqual([cover(), true]);
    expect(root.style.visibility).toBe('hidden');
    await seconds(10);
    expect(shown()).toBe('0:09:00');
    await seconds(20);
    expect([polls(), cover()]).toEqual([3, null]);
    expect([input.value, input.closest('main')!.inert, document.activeElement]).toEqual(['typed', false, input]);
    expect(said()).toBe('Your exam goes on.');
    await seconds(10);
    expect(shown()).toBe('0:08:50');
    expect(navigation.reloads).toBe(0);
  });

  test('a pause longer than the remaining time does not end the exam', async () => {
    const { navigation } = await bar({ time_remaining_seconds: 61 }, ...Array(10).fill(paused(1)));
    await minutes(2);
    expect([navigation.reloads, shown()]).toEqual([0, '0:00:01']);
  });

  test('a pause with its own screen leads back to the questions', async () => {
    const { navigation } = await bar({ paused: { kind: 'pause' } }, paused(600), left(600));
    await seconds(16);
    expect([cover(), navigation.reloads]).toEqual([null, 0]);
    await seconds(16);
    expect(navigation.reloads).toBe(1);
  });
});

describe('a change of the time', () => {
  const change = (time: number, ...adjustments: object[]) => left(time, { adjustments });
  const note = () => root.querySelector('.timer-change p')?.textContent;

  test('is announced once', async () => {
    await bar({}, change(1140, { id: 1, kind: 'grant', seconds: 600 }), change(1080, { id: 1, kind: 'grant', seconds: 600 }),
      change(960, { id: 1, kind: 'grant', seconds: 600 }, { id: 2, kind: 'grant', seconds: -60 }));
    await minutes(1);
    expect(note()).toMatch(/^Time added to your exam: 10 minutes\. You now have until \d\d:\d\d.*\.$/);
    await minutes(1);
    expect(note()).toMatch(/^Time added to your exam: 10 minutes\. You now have until \d\d:\d\d.*\.$/);
    await minutes(1);
    expect(note()).toMatch(/^Time taken off your exam: 1 minute\. You now have until/);
  });
});
