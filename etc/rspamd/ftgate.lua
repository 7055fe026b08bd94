-- The text of ftgate-mapd for a message that rspamd rejects, in the language of the domain of its first recipient.
-- Add this file to /etc/rspamd/rspamd.local.lua. See docs/other-servers.md.

local tcp = require "rspamd_tcp"

rspamd_config:register_symbol {
  name = "FTGATE_TEXT",
  type = "postfilter",
  flags = "nostat,ignore_passthrough",
  callback = function(task)
    if task:get_metric_action() ~= "reject" then
      return
    end
    local recipients = task:get_recipients("smtp") or {}
    local key = "text 4.42\n" .. (recipients[1] and recipients[1].addr or "") .. "\nspam"
    tcp.request {
      task = task,
      host = "127.0.0.1",
      port = 2794,
      timeout = 1.0,
      shutdown = true,
      data = ("%d:%s,"):format(#key, key),
      callback = function(err, answer)
        local text = not err and tostring(answer):match("^%d+:OK (.+),$")
        if text then
          task:append_message(text:gsub("\n", " "), "smtp_message")
        end
      end,
    }
  end,
}
