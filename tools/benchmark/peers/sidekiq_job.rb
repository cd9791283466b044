# A job that does nothing. `ruby sidekiq_job.rb N` puts N of them in; `sidekiq -r sidekiq_job.rb` runs them.
require "sidekiq"

url = ENV.fetch("PEER_REDIS")
Sidekiq.configure_server { |config| config.redis = { path: url } }
Sidekiq.configure_client { |config| config.redis = { path: url } }

class NothingJob
  include Sidekiq::Worker

  def perform(text); end
end

if ARGV.length == 1 && $PROGRAM_NAME == __FILE__
  Sidekiq::Client.push_bulk("class" => NothingJob, "args" => Array.new(ARGV[0].to_i) { ["jedź do kuchni"] })
end
