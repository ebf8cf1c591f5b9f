// Browsers start no worker from a file that was opened from disk: the site's search then runs in a hidden frame.
class FrameWorker extends EventTarget {
  constructor(url) {
    super();
    this.frame = document.createElement("iframe");
    this.frame.hidden = true;
    this.frame.answer = data => {
      const event = new MessageEvent("message", { data });
      this.dispatchEvent(event);
      if (this.onmessage) this.onmessage(event);
    };
    this.started = new Promise(resolve => { this.frame.start = resolve; });
    document.body.appendChild(this.frame);
    const inner = this.frame.contentDocument;
    inner.open();
    inner.write("<script>postMessage = data => frameElement.answer(data)</" + "script>" +
                `<script src="${url}" onload="frameElement.start()"></` + "script>");
    inner.close();
  }
  postMessage(data) {
    this.started.then(() => this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data })));
  }
  terminate() { this.frame.remove(); }
}
if (location.protocol === "file:") window.Worker = FrameWorker;
