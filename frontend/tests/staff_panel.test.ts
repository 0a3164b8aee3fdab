// One attempt in detail, beside the list or in a modal dialog.

import { describe, expect, test } from 'vitest';
import { shownModally } from './helpers';
import { aStaffPageEachTime, all, answer, attempt, button, list, one, rendered, resized, texts } from './staff_helpers';

const BROKEN = { status: 'error', is_resumable: true };

aStaffPageEachTime();

describe('the panel', () => {
  const ENTRY = { before: '', after: '', reason: '', seconds: null, changes: [], text: '', notes: [], by: '' };

  test('shows the attempt, what happened, and what can be done', async () => {
    const own = {
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
        { ...ENTRY, at: '2026-03-01T12:40:00Z', kind: 'changed', changes: [{ field: 'is_resumable', before: false, after: true }, { field: 'x', before: null, after: 1 }] },
      ],
    };
    const element = await list([BROKEN, {}], '', { 1: own });
    button(element, 'Details of learner1').click();
    await rendered();
    expect(texts(element, '.panel .panel-body > .heading')).toEqual(['learner1 · Midterm']);
    expect(element.shadowRoot!.activeElement).toBe(one(element, '.panel .heading'));
    const lines = texts(element, '.timeline li').map((text) => text.replace(/^.*(AM|PM) \S+ /, ''));
    expect(lines).toEqual(['Values changed is resumable: no → yesx: – → 1', 'Wrote: “help” note', 'Stopped by an error by the provider', 'pat: Time added: 5:00 noise', 'Attempt created by the learner']);
    expect(texts(element, '.comments li')).toEqual(['1:05–1:10 Phone (Rules Violation)']);
    expect(texts(element, '.panel .actions button')).toEqual(['Let resume…', 'Reset…']);
    expect(texts(element, '.panel-head span')[0]).toBe('1 of 2');
    expect(texts(element, '.earlier li')[0]).toMatch(/Waiting for review$/);
  });

  test('leads to the provider and to the learner’s progress, where there are such pages', async () => {
    const own = {
      allowed_time_limit_mins: 95,
      completed_at: '2026-03-01T12:50:00Z',
      provider: { name: 'Northgate', attempt_url: '/dashboard/7?id=1' },
      enrollment_mode: 'masters',
      progress_url: '/progress/3',
    };
    const more = { 1: own, 2: { provider: null, exam: { ...attempt(2).exam, time_limit_mins: 90, due_date: null, backend: null } } };
    const element = await list([{}, {}], 'open=1', more);
    const said = texts(element, '.facts dd').slice(3);
    expect(said).toEqual(['95 min = 60 + 35', 'Open at Northgate (opens a new tab)', 'Master’s', 'Progress in the course (opens a new tab)']);
    expect(all(element, '.facts a').map((link) => link.getAttribute('href'))).toEqual(['/dashboard/7?id=1', '/progress/3']);
    expect(texts(element, '.facts dt')[2]).toBe('Handed in');
    button(element, 'Next attempt (J)').click();
    await rendered();
    expect(texts(element, '.facts dd').slice(2)).toEqual(['90 min']);
    expect(texts(element, '.facts dt')).not.toContain('Provider');
  });

  test('J goes on, Escape closes, and the focus goes to the row', async () => {
    const more = { 1: {}, 2: {} };
    const element = await list([{}, {}], '', more);
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

  test('is a modal dialog where there is no room beside the list, and what happens is said in it', async () => {
    const more = { 1: { actions: ['reset'] } };
    const element = await list([{}], '', more);
    resized(element, 960);
    button(element, 'Details of learner1').click();
    await rendered();
    expect(shownModally).toEqual([one(element, '.panel')]);
    expect(element.shadowRoot!.activeElement).toBe(one(element, '.panel .heading'));
    expect(texts(element, 'thead th').slice(1, 6)).toEqual(['Learner', 'Exam', 'Started', 'Handed in', 'Time allowed']);
    one(element, '.panel .remove-attempt').click();
    await rendered();
    await answer(element);
    expect(texts(element, '.panel .notice p')).toEqual(['The attempts of learner1 in “Midterm” were deleted.']);
    expect(all(element, '.notices')).toHaveLength(1);
    one(element, '.panel').dispatchEvent(new Event('cancel', { cancelable: true }));
    await rendered();
    expect(all(element, '.panel')).toEqual([]);
    expect(element.shadowRoot!.activeElement).toBe(one(element, '.link-name'));
  });

  test('leaves the list usable once there is room for both', async () => {
    const more = { 1: {} };
    const element = await list([{}], 'open=1', more);
    expect(shownModally).toEqual([]);
    resized(element, 600);
    await rendered();
    expect(shownModally).toEqual([one(element, '.panel')]);
    resized(element, 1300);
    await rendered();
    expect(shownModally).toEqual([]);
    expect(one<HTMLDialogElement>(element, '.panel').open).toBe(true);
    resized(element, 0); // the host has hidden it
    await rendered();
    expect(shownModally).toEqual([]);
  });

  test('a link leads to it, also to one that is gone', async () => {
    const element = await list([{}], 'open=5');
    expect(texts(element, '.panel [role="alert"]')).toEqual(['This attempt was removed by morgan.']);
    expect(element.getAttribute('query') ?? (element as unknown as { query: string }).query).toContain('open=5');
  });
});
