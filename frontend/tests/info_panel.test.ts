import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fillInfoPanel } from '../src/info_panel';
import { server } from './helpers';

const NOTHING = {
  onboarding_status: null,
  onboarding_link: '/onboarding',
  expiration_date: null,
  onboarding_past_due: false,
  onboarding_release_date: null,
  review_requirements_url: '',
};

let panel: HTMLElement;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T13:00:00Z'), toFake: ['Date'] });
  document.body.innerHTML = '<div class="proctoring-info-panel" data-course-id="course-v1:a+b+c" data-username="lee &"></div>';
  panel = document.body.firstElementChild as HTMLElement;
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function shown(more: object): Promise<string[]> {
  server({ body: { ...NOTHING, ...more } });
  await fillInfoPanel(panel);
  const status = panel.querySelector('.onboarding-status')!.textContent!.replace('Onboarding status: ', '');
  const mood = panel.querySelector('.proctoring-info')!.className.replace('proctoring-info proctoring-info-', '');
  const action = panel.querySelector('.action:not(.action-info-link)');
  const kind = action ? action.className.replace('action action-', '') : '';
  return [mood, status, kind, panel.querySelector('.onboarding-reminder') ? 'reminder' : ''];
}

const SOON = { expiration_date: '2026-03-20T00:00:00Z' };
const OVER = { expiration_date: '2026-02-20T00:00:00Z' };

test.each([
  [{}, ['alert', 'Not started', 'onboarding', '']],
  [{ onboarding_status: 'ready_to_start' }, ['alert', 'Not started', 'onboarding', '']],
  [{ onboarding_status: 'ready_to_submit' }, ['alert', 'Started, not finished', 'onboarding', 'reminder']],
  [{ onboarding_status: 'submitted' }, ['neutral', 'In review', '', 'reminder']],
  [{ onboarding_status: 'second_review_required' }, ['neutral', 'In review', '', 'reminder']],
  [{ onboarding_status: 'verified' }, ['positive', 'Passed', '', '']],
  [{ onboarding_status: 'rejected' }, ['alert', 'Not passed', 'onboarding', 'reminder']],
  [{ onboarding_status: 'error' }, ['alert', 'Interrupted', 'onboarding', 'reminder']],
  [{ onboarding_status: 'other_course_approved' }, ['positive', 'Passed in another course', 'onboarding-practice', '']],
  [{ onboarding_status: 'verified', ...SOON }, ['neutral', 'Valid until March 20, 2026', 'onboarding', '']],
  [{ onboarding_status: 'verified', ...OVER }, ['alert', 'No longer valid', 'onboarding', '']],
  [{ onboarding_status: 'constructor' }, ['alert', 'constructor', 'onboarding', 'reminder']],
  [{ onboarding_past_due: true }, ['alert', 'Not started', 'disabled', '']],
  [{ onboarding_release_date: '2026-03-20T00:00:00Z' }, ['alert', 'Not started', 'disabled', '']],
  [{ onboarding_release_date: '2026-02-20T00:00:00Z' }, ['alert', 'Not started', 'onboarding', '']],
  [{ onboarding_link: null }, ['alert', 'Not started', '', '']],
])('%o', async (more, expected) => {
  expect(await shown(more)).toEqual(expected);
});

test('texts of the server run no script, and links have its URLs', async () => {
  await shown({ onboarding_status: '<b>x</b>', review_requirements_url: '/rules' });
  expect(panel.querySelector('b')).toBe(null);
  expect(panel.querySelector('.action-onboarding')!.getAttribute('href')).toBe('/onboarding');
  expect(panel.querySelector('.action-info-link')!.getAttribute('href')).toBe('/rules');
});

test('requests the status of the learner whom staff are viewing', async () => {
  const sent = server({ body: NOTHING });
  await fillInfoPanel(panel);
  expect(sent[0].url).toBe('/api/edx_proctoring/v1/user_onboarding/status?course_id=course-v1%3Aa%2Bb%2Bc&username=lee%20%26');
});

test('stays empty without a course, a response or an onboarding exam', async () => {
  const sent = server({ status: 404, body: { detail: 'There is no onboarding exam.' } });
  await fillInfoPanel(panel);
  expect(panel.innerHTML).toBe('');
  delete panel.dataset.courseId;
  await fillInfoPanel(panel);
  expect(sent).toHaveLength(1);
});
