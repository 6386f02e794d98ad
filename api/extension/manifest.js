// The two manifests. What is asked for, and why, is in README.md.

/**
 * @param {"chrome" | "firefox"} browser
 * @param {string} version
 */
export function manifest(browser, version) {
  const icons = Object.fromEntries([16, 32, 48, 128].map((n) => [n, `icon-${n}.png`]));
  return {
    manifest_version: 3,
    name: "Kindred",
    version,
    description: "What is like this paper, and how it fits you: from the Kindred that runs on your own machine.",
    icons,
    action: { default_title: "Kindred", default_popup: "popup.html", default_icon: icons },
    options_ui: { page: "options.html", open_in_tab: true },
    commands: {
      _execute_action: { suggested_key: { default: "Alt+K" } },
      like: { suggested_key: { default: "Alt+L" }, description: "Like the paper on this page, or take the like back" },
    },
    permissions: ["activeTab", "scripting", "storage"],
    host_permissions: ["http://127.0.0.1/*"],
    optional_host_permissions: ["https://*/*", "http://*/*"],
    content_security_policy: { extension_pages: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src http: https:" },
    ...(browser === "chrome"
      ? { minimum_chrome_version: "123", background: { service_worker: "worker.js" } }
      : {
          background: { scripts: ["worker.js"] },
          browser_specific_settings: { gecko: { id: "kindred@kindred.invalid", strict_min_version: "142.0", data_collection_permissions: { required: ["websiteContent", "browsingActivity"] } } },
        }),
  };
}
