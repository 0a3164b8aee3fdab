// What staff do with attempts: the panel, the dialogs, several at once.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { modalDialogs, visible } from './helpers';
import { all, answer, api, attempt, button, changes, mount, one, pageOf, rendered, texts, type Reply, type Section } from './staff_helpers';

const BROKEN = { status: 'error', is_resumable: true };
const RUNNING = { status: 'started' };

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
      ...more,
    },
  };
}

let more: Record<number, object>;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T13:00:00Z') });
  visible(true);
  modalDialogs();
  more = {};
});
afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function list(rows: object[], query = ''): Promise<Section> {
  api(({ path }) => {
    const id = Number(/^attempts\/(\d+)\/$/.exec(path)?.[1]);
    if (id) return more[id] ? details(id, more[id]) : { status: 404, body: { detail: 'This attempt was removed by morgan.' } };
    return pageOf(...rows.map((row, index) => attempt(index + 1, row)));
  });
  return mount({ query });
}

/** Choose from the menu of the first row. */
async function choose(element: Section, name: string): Promise<void> {
  one(element, '.action-more').click();
  await rendered();
  button(element, name).click();
  await rendered();
}

describe('one attempt', () => {
  test('a reset says what follows, and the harmless button comes first', async () => {
    const element = await list([{ earlier_count: 2 }]);
    await choose(element, 'Reset…');
    expect(texts(element, 'dialog h2')).toEqual(['Reset learner1’s attempts in “Midterm”?']);
    expect(texts(element, '.consequences li')[0]).toMatch(/at the provider: 3$/);
    expect(texts(element, '.harmless')).toEqual(['Keep the attempts']);
    await answer(element, { reason: 'wrong room' });
    expect(changes.sent[0].path).toBe('POST attempts/1/reset/');
    expect(changes.sent[0].body).toEqual({ reason: 'wrong room' });
    expect(texts(element, '.notices p')).toEqual(['The attempts of learner1 in “Midterm” were deleted.']);
    expect(all(element, 'dialog form')).toEqual([]);
  });

  test('a provider that fails: its words in the dialog, nothing typed is lost, the same key again', async () => {
    const element = await list([{}]);
    await choose(element, 'Reset…');
    changes.reply = () => ({ status: 502, body: { detail: 'The provider did not confirm the removal.', code: 'x' } });
    await answer(element, { reason: 'wrong room' });
    expect(texts(element, 'dialog [role="alert"] p')).toEqual(['The provider did not confirm the removal.']);
    expect(one<HTMLTextAreaElement>(element, 'textarea').value).toBe('wrong room');
    changes.reply = () => ({ body: {} });
    await answer(element);
    expect(all(element, 'dialog form')).toEqual([]);
    expect(changes.sent[0].key).toBe(changes.sent[1].key);
    expect(changes.sent[0].key).toHaveLength(32);
  });

  test.each([
    ['down' as const, /^The server did not answer\. Try again/],
    [{ status: 412, body: {} }, /^Somebody else has changed this/],
    [{ status: 429, body: {} }, /^Too many changes/],
    [{ status: 403, body: { code: 'not_authenticated' } }, /^You have been signed out/],
    [{ status: 409, body: { detail: 'The attempt has ended.' } }, /^The attempt has ended\.$/],
    [{ status: 500, body: {} }, /\(500\)/],
  ])('after %o the dialog stays and says why', async (reply, text) => {
    const element = await list([BROKEN]);
    await choose(element, 'Let resume…');
    changes.reply = () => reply;
    await answer(element);
    expect(texts(element, 'dialog [role="alert"] p')[0]).toMatch(text);
  });

  test.each(['', 'x', '1.5', '0', '2000'])('"%s" is no number of minutes', async (minutes) => {
    const element = await list([RUNNING]);
    await choose(element, 'Add minutes…');
    await answer(element, { minutes, reason: '' });
    expect(texts(element, '.error')).toEqual(['Write a whole number of minutes, for example 10.', 'Write a reason.']);
    expect(element.shadowRoot!.activeElement).toBe(one(element, '[name="minutes"]'));
    expect(changes.sent).toEqual([]);
  });

  test('minutes, what came of them, and the way back', async () => {
    const element = await list([RUNNING]);
    await choose(element, 'Add minutes…');
    changes.reply = () => ({ body: { changed: true, gained: 300 } });
    await answer(element, { minutes: '10', reason: 'noise' });
    expect(changes.sent[0].body).toEqual({ seconds: 600, reason: 'noise' });
    expect(texts(element, '.notices p')).toEqual(['learner1 got 5 min in “Midterm”: the due date allows no more.']);
    button(element, 'Undo').click();
    await rendered();
    await answer(element);
    expect(changes.sent[1].body).toEqual({ seconds: -300, reason: 'Added by mistake' });
  });

  test('a pause, and its end by "Undo"', async () => {
    const element = await list([RUNNING]);
    await choose(element, 'Pause…');
    changes.reply = () => ({ body: { changed: true } });
    await answer(element, { reason: 'Fire alarm' });
    button(element, 'Undo').click();
    await rendered();
    await answer(element);
    expect(changes.sent.map(({ path }) => path)).toEqual(['POST attempts/1/pause/', 'POST attempts/1/continue/']);
  });

  test('an error of a field is shown there', async () => {
    const element = await list([RUNNING]);
    await choose(element, 'Add minutes…');
    changes.reply = () => ({ status: 400, body: { detail: 'Not valid.', errors: [{ field: 'seconds', detail: 'Too many.' }] } });
    await answer(element, { reason: 'x' });
    expect(texts(element, '.error')).toEqual(['Too many.']);
    expect(all(element, 'dialog [role="alert"]')).toEqual([]);
  });

  test('Escape closes, and the focus goes back', async () => {
    const element = await list([{}]);
    const opener = one(element, '.action-more');
    opener.focus();
    await choose(element, 'Reset…');
    one(element, 'dialog').dispatchEvent(new Event('cancel', { cancelable: true }));
    await rendered();
    expect(all(element, 'dialog form')).toEqual([]);
    expect(element.shadowRoot!.activeElement).toBe(opener);
  });
});

describe('the panel', () => {
  const ENTRY = { before: '', after: '', reason: '', seconds: null, changes: [], text: '', notes: [], by: '' };

  test('shows the attempt, what happened, and what can be done', async () => {
    more[1] = {
      status: 'error',
      actions: ['resume', 'reset'],
      earlier_count: 1,
      earlier: [attempt(9, { status: 'submitted' })],
      review: { review_status: 'Suspicious', reviewed_by: 'pat', modified: '2026-03-01T12:00:00Z', comments: [{ start_time: 65, stop_time: 70, comment: 'Phone', status: 'Rules Violation' }] },
      timeline: [
        { ...ENTRY, at: '2026-03-01T12:00:00Z', kind: 'created', after: 'created', reason: 'learner' },
        { ...ENTRY, at: '2026-03-01T12:10:00Z', kind: 'grant', seconds: 300, by: 'pat', reason: 'noise' },
        { ...ENTRY, at: '2026-03-01T12:20:00Z', kind: 'status', before: 'started', after: 'error', reason: 'provider' },
        { ...ENTRY, at: '2026-03-01T12:30:00Z', kind: 'extension', text: 'Wrote: “help”', notes: ['note'] },
      ],
    };
    const element = await list([BROKEN, {}]);
    button(element, 'Details of learner1').click();
    await rendered();
    expect(texts(element, '.panel .panel-body > .heading')).toEqual(['learner1 · Midterm']);
    expect(element.shadowRoot!.activeElement).toBe(one(element, '.panel .heading'));
    const lines = texts(element, '.timeline li').map((text) => text.replace(/^.*(AM|PM) \S+ /, ''));
    expect(lines).toEqual(['Wrote: “help” note', 'Stopped by an error by the provider', 'pat: Time added: 5:00 noise', 'Attempt created by the learner']);
    expect(texts(element, '.comments li')).toEqual(['1:05–1:10 Phone (Rules Violation)']);
    expect(texts(element, '.panel .actions button')).toEqual(['Let resume…', 'Reset…']);
    expect(texts(element, '.panel-head span')[0]).toBe('1 of 2');
    expect(texts(element, '.earlier li')[0]).toMatch(/Waiting for review$/);
  });

  test('J goes on, Escape closes, and the focus goes to the row', async () => {
    more = { 1: {}, 2: {} };
    const element = await list([{}, {}]);
    button(element, 'Details of learner1').click();
    await rendered();
    const press = async (key: string) => {
      one(element, '.panel .heading').dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, composed: true }));
      await rendered();
    };
    await press('j');
    expect(texts(element, '.panel .panel-body > .heading')).toEqual(['learner2 · Midterm']);
    await press('j'); // there is no more
    expect(texts(element, '.panel-head span')[0]).toBe('2 of 2');
    await press('Escape');
    expect(all(element, '.panel')).toEqual([]);
  });

  test('a link leads to it, also to one that is gone', async () => {
    const element = await list([{}], 'open=5');
    expect(texts(element, '.panel [role="alert"]')).toEqual(['This attempt was removed by morgan.']);
    expect(element.getAttribute('query') ?? (element as unknown as { query: string }).query).toContain('open=5');
  });
});

describe('several attempts', () => {
  async function chosen(rows: object[]): Promise<Section> {
    const element = await list(rows);
    const box = one<HTMLInputElement>(element, 'thead input[type="checkbox"]');
    box.checked = true;
    box.dispatchEvent(new Event('change'));
    await rendered();
    return element;
  }

  test('are chosen, paused together, and told one by one', async () => {
    const element = await chosen([RUNNING, RUNNING, { status: 'verified' }]);
    expect(texts(element, '.bulk strong')).toEqual(['Selected: 3']);
    button(element, 'Pause…').click();
    await rendered();
    expect(texts(element, 'dialog h2')).toEqual(['Pause 2 attempts']);
    expect(texts(element, '.preview + .hint')).toEqual(['Selected attempts that this cannot be done with: 1']);
    changes.reply = ({ path }) => (path.includes('/2/') ? { status: 409, body: { detail: 'It has ended.' } } : { body: {} });
    await answer(element, { reason: 'Fire alarm' });
    expect(changes.sent.map(({ path, body }) => [path, body])).toEqual([
      ['POST attempts/1/pause/', { reason: 'Fire alarm' }],
      ['POST attempts/2/pause/', { reason: 'Fire alarm' }],
    ]);
    expect(texts(element, 'dialog h2')).toEqual(['Done for 1 of 2.']);
    expect(texts(element, 'dialog [role="alert"] li')).toEqual(['learner2 · Midterm: It has ended.']);
    await answer(element);
    expect(texts(element, 'dialog h2')).toEqual(['Pause 1 attempts']);
  });

  test('without failures the dialog closes', async () => {
    const element = await chosen([BROKEN]);
    changes.reply = ({ body }) => ({ body: { results: (body.attempt_ids as number[]).map((id) => ({ attempt_id: id, outcome: 'done', detail: '' })) } });
    const resume = all(element, '.bulk button').find((one) => one.textContent!.includes('Let resume'))!;
    resume.click();
    await rendered();
    await answer(element);
    expect(all(element, 'dialog form')).toEqual([]);
    expect(changes.sent.map(({ path, body }) => [path, body])).toEqual([
      ['POST attempts/actions/', { action: 'resume', attempt_ids: [1], reason: '' }],
    ]);
    expect(texts(element, '.notices p')).toEqual(['Done for 1 of 1.']);
    expect(all(element, '.bulk')).toEqual([]);
  });

  test('what the server refused or had no time for is told', async () => {
    const element = await chosen([{}, {}]);
    changes.reply = () => ({
      status: 207,
      body: { results: [{ attempt_id: 1, outcome: 'failed', detail: 'The provider is down.' }, { attempt_id: 2, outcome: 'not_tried', detail: '' }] },
    });
    all(element, '.bulk button').find((one) => one.textContent!.includes('Reset'))!.click();
    await rendered();
    await answer(element);
    expect(texts(element, 'dialog [role="alert"] li')).toEqual([
      'learner1 · Midterm: The provider is down.',
      'learner2 · Midterm: Not tried: the server had no time left.',
    ]);
  });
});
