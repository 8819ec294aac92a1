# Request Tracker as it comes, on PostgreSQL. Mail is composed and put into a file instead of being sent.
Set($rtname, 'bench');
Set($Organization, 'bench.example');
Set($DatabaseType, 'Pg');
Set($DatabaseHost, $ENV{PEER_DATABASE_HOST});
Set($DatabaseName, $ENV{PEER_DATABASE});
Set($DatabaseUser, 'postgres');
Set($DatabasePassword, '');
Set($WebDomain, 'localhost');
Set($WebPort, $ENV{PEER_PORT});
# requests name the host alone, whatever the port; since 5.0.3+dfsg-3~deb12u7 REST asks where they come from
Set(@ReferrerWhitelist, '127.0.0.1:80'); # as it takes localhost
Set($Timezone, 'Asia/Shanghai');
Set($MailCommand, 'mbox');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'error');
1;
