"""The page that runs the scripts of a notebook's outputs: an address with its own policy, without cookie or network.

Frames with `srcdoc` or a `blob:` address inherit the policy of the page around them, which forbids such scripts.
"""

from __future__ import annotations

from starlette.responses import HTMLResponse


def _policy(foreign: str, connect: str) -> str:
    """The policy of the frame. `foreign` are the sources that are allowed beside the output's own content."""
    return "; ".join(
        [
            "sandbox allow-scripts allow-downloads",
            "default-src 'none'",
            f"script-src 'unsafe-inline' 'unsafe-eval' blob: data:{foreign}",
            f"style-src 'unsafe-inline' data: blob:{foreign}",
            f"img-src data: blob:{foreign}",
            f"font-src data:{foreign}",
            f"media-src data: blob:{foreign}",
            f"connect-src {connect}",
            f"worker-src blob:{foreign}",
            f"frame-src data: blob:{foreign}",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
        ]
    )


POLICY = _policy("", "data: blob:")
POLICY_WITH_NETWORK = _policy(" https:", "data: blob: https: wss:")
# Takes the output's HTML from the page around it, writes it as the document, and reports its height, what the policy
# blocked, what failed and which links were followed. Listeners are added after document.open(), which removes them.
_PAGE = """<!doctype html><meta charset="utf-8"><script>
(function () {
  "use strict";
  var page = parent;
  var tell = page.postMessage.bind(page);
  var sharing = false;
  var dark = false;
  var PAPER = {
    text: "#242424", quiet: "#424242", line: "#e0e0e0", stripe: "#fafafa", hover: "#f5f5f5", link: "#0e6e67"
  };
  function set(scheme, ground, colors) {
    var style = document.documentElement.style;
    style.setProperty("color-scheme", scheme);
    style.setProperty("background", ground);
    for (var name in colors) style.setProperty("--" + name, colors[name]);
  }
  function paint(theme) {
    dark = theme.dark;
    document.documentElement.style.setProperty("--font", theme.font || "sans-serif");
    set(dark ? "dark" : "light", "", theme.colors);
  }
  function luminance(color) {
    var parts = (color.match(/[0-9.]+/g) || []).map(Number);
    if (parts.length < 3 || !/^rgb/.test(color) || parts[3] === 0) return null;
    return (0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]) / 255;
  }
  function isOnOwnGround(node) {
    for (; node && node !== document.documentElement; node = node.parentElement) {
      var style = getComputedStyle(node);
      if (luminance(style.backgroundColor) !== null || style.backgroundImage !== "none") return true;
    }
    return false;
  }
  // Content that was made for white paper writes in black: in the dark theme it gets the paper, too.
  function givePaper() {
    if (!dark || !document.body) return;
    var walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (var count = 0; count < 3000 && walker.nextNode(); count += 1) {
      var node = walker.currentNode.parentElement;
      if (!node || !walker.currentNode.data.trim() || /^(script|style)$/i.test(node.tagName)) continue;
      var style = getComputedStyle(node);
      var ink = luminance(node instanceof SVGElement ? style.fill : style.color);
      if (ink === null || ink > 0.35 || !node.getClientRects().length || isOnOwnGround(node)) continue;
      dark = false;
      set("light", "#fff", PAPER);
      return;
    }
  }
  // Icons of the buttons that Matplotlib's animations take from another site.
  var SIGNS = Object.entries({
    minus: "\\u2212", plus: "+", play: "\\u25b6", pause: "\\u2016",
    "fast-backward": "\\u00ab", "step-backward": "\\u2039", "step-forward": "\\u203a", "fast-forward": "\\u00bb"
  }).map(function (one) { return ":where(.fa-" + one[0] + ")::before{content:'" + one[1] + "'}"; }).join("") +
    ":where(.fa-flip-horizontal){display:inline-block;transform:scaleX(-1)}";
  var LOOK = ":where(html){background:transparent}html,body{height:auto!important}" +
    ":where(body){margin:0;padding:2px 0;color:var(--text);font:14px/1.5 var(--font);overflow-wrap:anywhere}" +
    ":where(a){color:var(--link)}" +
    ":where(table){border-collapse:collapse;border:1px solid var(--line);font-size:13px;" +
    "font-variant-numeric:tabular-nums}:where(td,th){padding:5px 10px;text-align:right;" +
    "border-bottom:1px solid var(--line)}:where(thead th){background:var(--stripe);font-weight:600}" + SIGNS;
  function watch(content) {
    var reported = {};
    function once(kind, value) {
      var message = {};
      message[kind] = String(value);
      if (reported[kind + message[kind]]) return;
      reported[kind + message[kind]] = true;
      tell(message, "*");
    }
    document.addEventListener("securitypolicyviolation", function (event) {
      if (/^(https?|wss?):/.test(event.blockedURI)) once("blocked", new URL(event.blockedURI).host);
    });
    addEventListener("error", function (event) {
      if (sharing) return;
      var from = event.target;
      var address = from && from !== window && (from.src || from.href);
      if (address && /^https?:/.test(address)) once("unloaded", new URL(address).host);
      else if (event.message && !/^ResizeObserver loop/.test(event.message)) once("failed", event.message);
    }, true);
    addEventListener("unhandledrejection", function (event) { once("failed", event.reason); });
    addEventListener("click", function (event) {
      var link = event.target.closest && event.target.closest("a[href]");
      if (!link || event.defaultPrevented || !/^https?:/.test(link.href)) return;
      event.preventDefault();
      tell({ link: link.href }, "*");
    });
    addEventListener("message", function (event) {
      if (event.source === page && event.data && event.data.theme) paint(event.data.theme);
    });
    paint(content.theme);
  }
  // Scripts of other outputs are here for what they define: what fails in them is told where they come from.
  function share(scripts) {
    var own = { setTimeout: setTimeout, requestAnimationFrame: requestAnimationFrame };
    function without(callback) {
      if (typeof callback !== "function") return callback;
      return function () { try { return callback.apply(this, arguments); } catch (error) { console.debug(error); } };
    }
    Object.keys(own).forEach(function (name) {
      window[name] = function (callback) {
        return own[name].apply(window, [without(callback)].concat([].slice.call(arguments, 1)));
      };
    });
    sharing = true;
    scripts.forEach(function (script) { document.write("<script>" + script + "<\\/script>"); });
    sharing = false;
    Object.keys(own).forEach(function (name) { window[name] = own[name]; });
  }
  function measure() {
    var body = document.body;
    if (!body) return;
    givePaper();
    var edge = body.getBoundingClientRect();
    tell({ height: Math.ceil(Math.max(body.scrollHeight, edge.bottom + scrollY)) }, "*");
  }
  addEventListener("message", function take(event) {
    var content = event.data;
    if (event.source !== page || page === window || !content || typeof content.html !== "string") return;
    removeEventListener("message", take);
    document.open();
    document.write("<!doctype html><meta charset=utf-8><style>" + LOOK + "</style>");
    watch(content);
    share(content.scripts || []);
    document.write(content.html);
    document.close();
    new ResizeObserver(measure).observe(document.documentElement);
    addEventListener("load", measure);
    setTimeout(measure, 100);
    setTimeout(measure, 1000);
  });
  tell("ready", "*");
})();
</script>
"""


def answer(*, network: bool) -> HTMLResponse:
    """The frame. With `network` its scripts may load from other sites; they are as far from this server as without."""
    policy = POLICY_WITH_NETWORK if network else POLICY
    headers = {
        "content-security-policy": policy,
        "cache-control": "no-store",
        "x-dns-prefetch-control": "off",
        "cross-origin-resource-policy": "same-origin",
    }
    return HTMLResponse(_PAGE, headers=headers)
