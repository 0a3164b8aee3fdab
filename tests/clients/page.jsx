// An exam's page of the learning micro-frontend: the published client, and our component beside it.
import '@openedx/paragon/dist/core.min.css';
import '@openedx/paragon/dist/light.min.css';
import { configure as configureAuth, getAuthenticatedHttpClient } from '@edx/frontend-platform/auth';
import { IntlProvider } from '@edx/frontend-platform/i18n';
import { configure as configureLogging } from '@edx/frontend-platform/logging';
import { getConfig, mergeConfig } from '@edx/frontend-platform';
import { AppContext } from '@edx/frontend-platform/react';
import SequenceExamWrapper, { reducer } from '@edx/frontend-lib-special-exams';
import { configureStore } from '@reduxjs/toolkit';
import axios from 'axios';
import React from 'react';
import { createRoot } from 'react-dom/client';
import { Provider } from 'react-redux';
import { MemoryRouter } from 'react-router-dom';
import { examMessages } from 'exam_messages';

const { course, content } = document.body.dataset;

class Log {
  logInfo() {}
  logError(error) {
    console.error(String(error));
  }
}

class Session {
  constructor() {
    this.http = axios.create({ xsrfCookieName: 'csrftoken', xsrfHeaderName: 'X-CSRFToken' });
  }
  getAuthenticatedHttpClient = () => this.http;
}

mergeConfig({ LMS_BASE_URL: window.location.origin, EXAMS_BASE_URL: '' });
configureLogging(Log, { config: getConfig() });
configureAuth(Session, { config: getConfig(), loggingService: new Log() });

// As docs/reference/live.rst tells sites to make it.
const ExamMessages = examMessages({
  React,
  client: getAuthenticatedHttpClient,
  lmsUrl: () => getConfig().LMS_BASE_URL,
  language: () => 'en',
});

const store = configureStore({ reducer: { specialExams: reducer } });
const sequence = { id: content, isTimeLimited: true, isProctored: false, allowProctoringOptOut: true };
const user = { userId: 1, username: 'jo', roles: [], administrator: false };

createRoot(document.getElementById('root')).render(
  <AppContext.Provider value={{ authenticatedUser: user, config: getConfig() }}>
    <IntlProvider locale="en">
      <Provider store={store}>
        <MemoryRouter>
          <main>
            <div id="ours">
              <ExamMessages />
            </div>
            <SequenceExamWrapper sequence={sequence} courseId={course} isStaff={false} originalUserIsStaff={false} canAccessProctoredExams>
              <label>
                Longest river? <input />
              </label>
            </SequenceExamWrapper>
          </main>
        </MemoryRouter>
      </Provider>
    </IntlProvider>
  </AppContext.Provider>,
);
