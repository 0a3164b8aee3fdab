/* The simulator's worker: answers the exam page's messages by asking the "desktop application". */
(function () {
  "use strict";
  var base = {{ base_url | tojson }};

  function ask(method, path, message, wanted) {
    var session = message.attemptExternalId ? "?attempt=" + encodeURIComponent(message.attemptExternalId) : "";
    return fetch(base + path + session, { method: method }).then(function (response) {
      if (!response.ok) throw new Error("the desktop application answered " + response.status);
      return response.json();
    }).then(function (answer) {
      if (answer.status !== wanted) throw new Error("the desktop application is " + answer.status);
    });
  }

  var known = {
    startExamAttempt: ["POST", "/desktop/start", "running", "examAttemptStarted", "examAttemptStartFailed"],
    endExamAttempt: ["POST", "/desktop/stop", "uploading", "examAttemptEnded", "examAttemptEndFailed"],
    ping: ["GET", "/desktop/ping", "running", "echo", "pingFailed"]
  };

  self.addEventListener("message", function (event) {
    var way = known[event.data.type];
    if (!way) return;
    ask(way[0], way[1], event.data, way[2]).then(
      function () { self.postMessage({ type: way[3] }); },
      function (error) { self.postMessage({ type: way[4], error: String(error && error.message) }); }
    );
  });
})();
