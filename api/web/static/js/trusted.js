// The one door to script addresses under Trusted Types: a worker may start from our own static files and nowhere else.

const policy = globalThis.trustedTypes?.createPolicy("stockpot", {
  createScriptURL(address) {
    const url = new URL(address, location.href);
    if (url.origin === location.origin && url.pathname.startsWith("/static/")) return url.href;
    throw new TypeError(`not one of this page's scripts: ${address}`);
  },
});

export const scriptUrl = (address) => (policy ? policy.createScriptURL(address) : String(address));
