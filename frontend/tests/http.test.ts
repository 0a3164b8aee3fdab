import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RequestFailed, backOff, isPassing, send } from '../src/http';
import { server } from './helpers';

beforeEach(() => {
  document.body.innerHTML = '';
  document.cookie = 'csrftoken=to%20ken';
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const failure = (promise: Promise<unknown>): Promise<RequestFailed> =>
  promise.then(() => expect.unreachable(), (error) => error);

test('a change is sent as a form with the CSRF token', async () => {
  const sent = server({ body: { exam_attempt_id: 7 } });
  expect(await send('PUT', '/attempt/7', { action: 'start' })).toEqual({ exam_attempt_id: 7 });
  expect(sent).toEqual([{ method: 'PUT', url: '/attempt/7', data: { action: 'start' }, token: 'to ken' }]);
});

test('requests are never sent to another origin', async () => {
  const fetch = vi.fn(async () => new Response(''));
  vi.stubGlobal('fetch', fetch);
  await send('GET', '/attempt');
  expect(fetch.mock.calls[0]).toMatchObject(['/attempt', { mode: 'same-origin', credentials: 'same-origin' }]);
});

test('if the cookie cannot be read, the token comes from a form', async () => {
  document.cookie = 'csrftoken=; expires=Thu, 01 Jan 1970 00:00:00 GMT';
  document.body.innerHTML = '<form><input name="csrfmiddlewaretoken" value="of the form"></form>';
  const sent = server({});
  await send('PUT', '/attempt/7');
  expect(sent[0].token).toBe('of the form');
});

test('an empty response and one that is not JSON are null', async () => {
  server({});
  expect(await send('PUT', '/review_status')).toBe(null);
  vi.stubGlobal('fetch', async () => new Response('<html>'));
  expect(await send('PUT', '/review_status')).toBe(null);
});

test.each([
  [{ detail: 'past due' }, 'past due'],
  [{ message: 'busy' }, 'busy'],
  [{ detail: { nested: 1 } }, ''],
  ['text', ''],
])('the reason in %j', async (body, detail) => {
  server({ status: 400, body });
  const error = await failure(send('POST', '/attempt'));
  expect(error).toBeInstanceOf(RequestFailed);
  expect([error.status, error.detail]).toEqual([400, detail]);
});

test('a redirect to the login page is a failure', async () => {
  server({ redirected: true });
  expect((await failure(send('PUT', '/attempt/7'))).status).toBe(401);
});

describe('patience', () => {
  test.each([
    ['GET', 20000],
    ['PUT', 90000],
  ] as const)('%s waits %d ms', async (method, limit) => {
    vi.useFakeTimers();
    server({ after: 10 * 60 * 1000 });
    let ended: RequestFailed | undefined;
    void failure(send(method, '/attempt/7')).then((error) => (ended = error));
    await vi.advanceTimersByTimeAsync(limit - 1);
    expect(ended).toBe(undefined);
    await vi.advanceTimersByTimeAsync(2);
    expect(ended?.status).toBe(0);
  });
});

test.each([
  [0, true], [429, true], [502, true], [503, true], [400, false], [403, false], [404, false],
])('does HTTP %d pass by itself? %s', (status, passing) => {
  expect(isPassing(new RequestFailed(status))).toBe(passing);
});

test('other errors are permanent', () => expect(isPassing(new Error('no'))).toBe(false));

test.each([[1, 5], [2, 10], [3, 20], [4, 40], [5, 60], [50, 60]])('after %d failures wait %d', (failures, seconds) => {
  expect(backOff(failures, 5, 60)).toBe(seconds);
});
